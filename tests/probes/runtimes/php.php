<?php
// A subprocess, a server and a client, files and a hash.
$process = proc_open(["cat"], [["pipe", "r"], ["pipe", "w"]], $pipes);
fwrite($pipes[0], "hello"); fclose($pipes[0]);
if (stream_get_contents($pipes[1]) !== "hello") exit(1);
proc_close($process);
$server = stream_socket_server("tcp://127.0.0.1:0");
$client = stream_socket_client("tcp://" . stream_socket_get_name($server, false));
fwrite(stream_socket_accept($server), "served\n");
if (fgets($client) !== "served\n") exit(2);
file_put_contents("php.txt", "text");
if (hash("sha256", random_bytes(16)) === "") exit(3);
echo "done\n";
