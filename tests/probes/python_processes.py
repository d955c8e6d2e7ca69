"""Starts processes in every way that Python has, shares a list over a server, and runs a subprocess from an event loop."""
import asyncio, multiprocessing

def square(number):
    return number * number

async def length():
    process = await asyncio.create_subprocess_exec('echo', 'four', stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    return len(out)

if __name__ == '__main__':
    for way in ('fork', 'spawn', 'forkserver'):
        with multiprocessing.get_context(way).Pool(1) as pool:
            print(way, pool.map(square, [1, 2]))
    with multiprocessing.Manager() as manager:
        shared = manager.list()
        shared.append(3)
        print('manager', list(shared))
    print('asyncio', asyncio.run(length()))
