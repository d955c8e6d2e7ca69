# A database in a write-ahead log, by two programs.
set -e
sqlite3 data.db 'pragma journal_mode = wal; create table t (n); insert into t values (1), (2);' >/dev/null
sqlite3 data.db 'select sum(n) from t' | grep -qx 3
echo done
