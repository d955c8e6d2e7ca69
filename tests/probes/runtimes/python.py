"""Processes by each start method, pools, asyncio, subprocesses, threads and a database."""

import asyncio, concurrent.futures, multiprocessing, socket, sqlite3, subprocess, threading


def double(number):
    return 2 * number


async def many():
    process = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    out, _ = await process.communicate(b"from a subprocess")
    return out.decode(), await asyncio.to_thread(double, 4)


if __name__ == "__main__":
    for method in ["fork", "spawn", "forkserver"]:
        with multiprocessing.get_context(method).Pool(2) as pool:
            assert pool.map(double, [1, 2, 3]) == [2, 4, 6], method
    with multiprocessing.Manager() as manager:
        shared = manager.dict(one=1)
        assert shared["one"] == 1
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        assert pool.submit(double, 5).result() == 10
    assert asyncio.run(many()) == ("from a subprocess", 8)
    assert subprocess.run(["sh", "-c", "echo out; exit 3"], capture_output=True).returncode == 3
    one, other = socket.socketpair()
    one.send(b"x"), other.shutdown(socket.SHUT_RDWR)
    thread = threading.Thread(target=double, args=[1])
    thread.start(), thread.join()
    with sqlite3.connect("python.db") as database:
        database.execute("create table numbers (number)")
        database.executemany("insert into numbers values (?)", [[1], [2]])
        assert database.execute("select sum(number) from numbers").fetchone() == (3,)
    print("done")
