# A page is laid out, its script runs, and what it makes is printed. The browser's own sandbox needs namespaces, which are denied.
set -e
printf '<body><script>document.body.append(6 * 7 + " done")</script>' >page.html
chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir=/tmp/profile --dump-dom "file://$PWD/page.html" 2>/tmp/log |
    grep -q '42 done' || { tail -5 /tmp/log; exit 1; }
echo done
