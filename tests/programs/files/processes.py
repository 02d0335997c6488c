# multiprocessing with its pools, queues, pipes, locks and shared memory.
import multiprocessing as mp
import os


def square(n):
    return n * n


def produce(queue, n):
    for item in range(20):
        queue.put((n, item))


def add(value, times):
    for _ in range(times):
        with value.get_lock():
            value.value += 1


def answer(end):
    end.send([end.recv() * 2, os.getpid() != os.getppid()])


def fill(array, n):
    array[n] = n * 1.5


def main(method):
    context = mp.get_context(method)
    with context.Pool(3) as pool:
        print(method, sum(pool.map(square, range(100))), pool.apply_async(square, (9,)).get())
    queue = context.Queue()
    makers = [context.Process(target=produce, args=(queue, n)) for n in range(3)]
    [maker.start() for maker in makers]
    got = [queue.get() for _ in range(60)]
    [maker.join() for maker in makers]
    print(sum(n * 100 + item for n, item in got), [maker.exitcode for maker in makers])
    value = context.Value("i", 0)
    adders = [context.Process(target=add, args=(value, 150)) for _ in range(4)]
    [adder.start() for adder in adders]
    [adder.join() for adder in adders]
    print(value.value)
    ours, theirs = context.Pipe()
    other = context.Process(target=answer, args=(theirs,))
    other.start()
    ours.send(21)
    print(ours.recv())
    other.join()
    array = context.Array("d", 4)
    fillers = [context.Process(target=fill, args=(array, n)) for n in range(4)]
    [filler.start() for filler in fillers]
    [filler.join() for filler in fillers]
    print(list(array))


if __name__ == "__main__":
    main("fork")
    main("spawn")
