"""A table of 100 MB is written, read, grouped and summed."""
import numpy, os, pandas

rows = 7_000_000
made = pandas.DataFrame({'key': numpy.arange(rows) % 1000, 'value': numpy.arange(rows) + 1_000_000_000})
made.to_csv('/tmp/table.csv', index=False)
assert os.path.getsize('/tmp/table.csv') > 100_000_000
totals = pandas.read_csv('/tmp/table.csv').groupby('key')['value'].sum()
totals.to_csv('/output/totals.csv')
assert len(totals) == 1000 and totals.sum() == made['value'].sum()
print('done')
