# A cluster is made, started, asked over its unix socket and over TCP, and stopped.
set -e
PATH=$PATH:$(echo /usr/lib/postgresql/*/bin)
initdb --pgdata=/tmp/data --username=agent --auth=trust >/dev/null
pg_ctl --pgdata=/tmp/data --log=/tmp/log --options="-k /tmp -c listen_addresses=127.0.0.1" --wait start >/dev/null || { cat /tmp/log; exit 1; }
psql --host=/tmp --username=agent --dbname=postgres --quiet -c 'create table t as select generate_series(1, 1000) as n'
psql --host=127.0.0.1 --username=agent --dbname=postgres --tuples-only --no-align -c 'select sum(n) from t' | grep -qx 500500
pg_ctl --pgdata=/tmp/data --wait stop >/dev/null
echo done
