"""Data processing: reads a table, joins and sums it in a database beside, and writes a smaller table."""
import csv, sqlite3, tempfile

with tempfile.NamedTemporaryFile() as place, open('orders.csv') as orders:
    base = sqlite3.connect(place.name)
    base.execute('create table orders (customer text, amount integer)')
    base.execute('create table regions (customer text, region text)')
    base.executemany('insert into orders values (?, ?)', csv.reader(orders))
    base.executemany('insert into regions values (?, ?)', [('a', 'north'), ('b', 'south'), ('c', 'north')])
    base.commit()
    totals = base.execute('select region, sum(amount) from orders join regions using (customer) group by region order by 1')
    with open('/output/totals.csv', 'w', newline='') as file:
        csv.writer(file, lineterminator='\n').writerows(totals)
