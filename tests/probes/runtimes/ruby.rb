# Threads, fork, a subprocess, a server and a client, and files.
require "open3"
require "socket"
raise unless Thread.new { 42 }.value == 42
pid = fork { exit 3 }
raise unless Process.wait2(pid)[1].exitstatus == 3
out, = Open3.capture2("cat", stdin_data: "hello")
raise unless out == "hello"
server = TCPServer.new("127.0.0.1", 0)
client = TCPSocket.new("127.0.0.1", server.addr[1])
server.accept.puts("served")
raise unless client.gets == "served\n"
File.write("ruby.txt", "text")
puts "done"
