# Two migrations of a database of the host, and what has come of them.
set -e
psql --quiet -c 'create table numbers as select generate_series(1, 1000) as n'
psql --quiet -c 'alter table numbers add twice integer; update numbers set twice = 2 * n'
psql --tuples-only --no-align -c 'select sum(twice) from numbers' | grep -qx 1001000
echo done
