# A file over HTTP from a server beside it, and its certificates are found.
set -e
echo served >file.txt
python3 -m http.server --bind 127.0.0.1 8099 >/dev/null 2>&1 & server=$!
for _ in $(seq 100); do curl --silent --fail http://127.0.0.1:8099/file.txt >got && break; sleep 0.1; done
[ "$(cat got)" = served ]
kill $server
curl --silent --max-time 5 https://127.0.0.1:8099/ || [ $? = 7 ] || [ $? = 35 ]
echo done
