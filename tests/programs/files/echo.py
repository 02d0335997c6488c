# An asyncio server and its clients in one process, with timeouts, tasks and a subprocess.
import asyncio


async def serve(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def client(port, n):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = []
    for turn in range(5):
        writer.write(f"client {n} turn {turn}\n".encode())
        answers.append((await reader.readline()).decode().strip())
    writer.close()
    await writer.wait_closed()
    return answers


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        for answers in await asyncio.gather(*(client(port, n) for n in range(10))):
            print(answers[0], answers[-1])
    try:
        async with asyncio.timeout(0.02):
            await asyncio.sleep(10)
    except TimeoutError:
        print("timeout")
    path = "echo.socket"
    unix = await asyncio.start_unix_server(serve, path)
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(b"over unix\n")
    print(await reader.readline())
    writer.close()
    unix.close()
    child = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    print(await child.communicate(b"through cat"))
    print(await asyncio.to_thread(sum, range(1000)))


asyncio.run(main())
