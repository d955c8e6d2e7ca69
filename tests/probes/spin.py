"""Uses the processor for three seconds, and gives the share that it had."""

import time
start, used = time.monotonic(), time.process_time()
while time.monotonic() - start < 3:
    pass
show(share=(time.process_time() - used) / (time.monotonic() - start))
