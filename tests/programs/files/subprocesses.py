# Processes started in every way that the subprocess module has.
import os
import signal
import subprocess
import sys

run = subprocess.run
print(run(["echo", "hello"], capture_output=True, text=True).stdout.strip())
print(run("exit 3", shell=True).returncode)
print(run(["cat"], input=b"x" * 300_000, capture_output=True).stdout == b"x" * 300_000)
first = subprocess.Popen(["seq", "1000"], stdout=subprocess.PIPE)
second = subprocess.Popen(["wc", "-l"], stdin=first.stdout, stdout=subprocess.PIPE)
first.stdout.close()
print(second.communicate()[0].strip(), first.wait())
try:
    run(["sleep", "20"], timeout=0.1)
except subprocess.TimeoutExpired:
    print("timeout")
child = subprocess.Popen(["sleep", "20"], start_new_session=True)
print(os.getsid(child.pid) == child.pid, child.poll())
child.send_signal(signal.SIGTERM)
print(child.wait())
try:
    run(["/no/such/program"])
except FileNotFoundError as error:
    print(error.errno)
read, write = os.pipe()
run(["sh", "-c", f"echo through >&{write}"], pass_fds=[write])
os.close(write)
print(os.read(read, 100))
print(run(["pwd"], cwd="/", capture_output=True).stdout, run(["env"], env={"A": "1"}, capture_output=True).stdout)
said = run([sys.executable, "-c", "import sys; sys.stderr.write('err'); sys.exit(9)"], capture_output=True)
print(said.returncode, said.stderr)
many = [subprocess.Popen(["sh", "-c", f"exit {n}"]) for n in range(12)]
print([each.wait() for each in many])
print(run(["sh", "-c", "kill -9 $$"]).returncode)
print(run(["id", "-u"], preexec_fn=lambda: os.umask(0o77), capture_output=True).returncode)
pid = os.posix_spawn("/bin/sh", ["sh", "-c", "exit 4"], os.environ)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
if (pid := os.fork()) == 0:
    os._exit(6)
print(os.waitid(os.P_PID, pid, os.WEXITED).si_status)
