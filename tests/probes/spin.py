"""Uses the processor for two seconds."""

import time
start, used = time.monotonic(), time.process_time()
while time.monotonic() - start < 3:
    pass
show(share=(time.process_time() - used) / (time.monotonic() - start))
