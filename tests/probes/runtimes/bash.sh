# Job control, process substitution, coprocesses, traps, here documents and arrays.
set -euo pipefail
sleep 0.05 & wait $!
diff <(printf 'a\nb\n') <(printf 'a\nb\n')
coproc CAT { cat; }; echo hello >&"${CAT[1]}"; read -r said <&"${CAT[0]}"; [[ $said == hello ]]
eval "exec ${CAT[1]}>&-"; wait "$CAT_PID"
trap 'got=1' USR1; kill -USR1 $$; [[ $got == 1 ]]
mapfile -t lines <<<$'one\ntwo'; [[ ${#lines[@]} == 2 && ${lines[1]} == two ]]
find . -name '*.none' -print0 | xargs -0r rm; mkdir -p bash && tar cf bash.tar bash && gzip -f bash.tar && ls -l >list
ulimit -n >/dev/null; id >/dev/null; date +%s >/dev/null; ps >/dev/null 2>&1 || true
echo done
