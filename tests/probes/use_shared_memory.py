"""Uses shared memory and semaphores of its own."""

from multiprocessing import Process, shared_memory
def child(name):
    memory = shared_memory.SharedMemory(name)
    memory.buf[0] = 42
    memory.close()
if __name__ == '__main__':
    memory = shared_memory.SharedMemory(create=True, size=16)
    process = Process(target=child, args=(memory.name,))
    process.start(); process.join()
    print(memory.buf[0], process.exitcode)
    memory.close(); memory.unlink()
