# Threads that hand work through queues, and each kind of lock.
import queue
import threading
import time

todo, done = queue.Queue(maxsize=8), queue.Queue()


def worker():
    while (item := todo.get()) is not None:
        done.put(item * item)
        todo.task_done()
    todo.task_done()


workers = [threading.Thread(target=worker) for _ in range(6)]
for thread in workers:
    thread.start()
for item in range(500):
    todo.put(item)
for _ in workers:
    todo.put(None)
todo.join()
for thread in workers:
    thread.join()
print(sum(done.get() for _ in range(500)))

lock, count = threading.Lock(), 0


def add():
    global count
    for _ in range(2000):
        with lock:
            count += 1


adders = [threading.Thread(target=add) for _ in range(4)]
[thread.start() for thread in adders]
[thread.join() for thread in adders]
print(count)

condition, turns = threading.Condition(), []


def take_turns(me):
    for _ in range(20):
        with condition:
            condition.wait_for(lambda: len(turns) % 2 == me)
            turns.append(me)
            condition.notify_all()


pair = [threading.Thread(target=take_turns, args=(me,)) for me in (0, 1)]
[thread.start() for thread in pair]
[thread.join() for thread in pair]
print(turns == [0, 1] * 20)

event, barrier, seen = threading.Event(), threading.Barrier(3), []


def meet():
    barrier.wait()
    event.wait()
    seen.append(1)


meeters = [threading.Thread(target=meet) for _ in range(2)]
[thread.start() for thread in meeters]
barrier.wait()
print(len(seen), event.wait(0.02))
event.set()
[thread.join() for thread in meeters]
print(len(seen))

local, kept = threading.local(), {}


def remember(n):
    local.value = n
    time.sleep(0.001)
    kept[n] = local.value


many = [threading.Thread(target=remember, args=(n,)) for n in range(60)]
[thread.start() for thread in many]
[thread.join() for thread in many]
print(all(n == value for n, value in kept.items()), len(kept))
timer = threading.Timer(0.02, lambda: print("timer"))
timer.start()
timer.join()
try:
    queue.Queue().get(timeout=0.02)
except queue.Empty:
    print("empty")
print(threading.active_count())
