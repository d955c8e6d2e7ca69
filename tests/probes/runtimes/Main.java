import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.util.concurrent.*;

/** Threads, a subprocess, a server and a client, and files. */
public class Main {
    public static void main(String[] arguments) throws Exception {
        var pool = Executors.newFixedThreadPool(4);
        if (pool.submit(() -> 42).get() != 42) throw new AssertionError();
        pool.shutdown();
        var process = new ProcessBuilder("cat").redirectErrorStream(true).start();
        process.getOutputStream().write("hello".getBytes());
        process.getOutputStream().close();
        if (!new String(process.getInputStream().readAllBytes()).equals("hello")) throw new AssertionError();
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
             var client = new Socket(server.getInetAddress(), server.getLocalPort());
             var accepted = server.accept()) {
            client.getOutputStream().write(7);
            if (accepted.getInputStream().read() != 7) throw new AssertionError();
        }
        Files.writeString(Path.of("java.txt"), "text");
        if (NetworkInterface.networkInterfaces().count() < 1) throw new AssertionError();
        System.out.println("done");
    }
}
