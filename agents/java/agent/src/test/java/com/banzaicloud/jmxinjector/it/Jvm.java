package com.banzaicloud.jmxinjector.it;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A JVM that a test starts; it ends with the test. */
final class Jvm implements AutoCloseable {

  static final Path AGENT = Path.of(System.getProperty("agent.jar")).toAbsolutePath().normalize();
  private static final HttpClient HTTP = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
  private static final Duration DEADLINE = Duration.ofSeconds(60);

  /** What a JVM left: compared with and without the agent. */
  record Result(int exitCode, String out, String err) {}

  interface Check {
    boolean holds() throws Exception;
  }

  final Process process;
  private final Path out;
  private final Path err;

  private Jvm(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /** Options such as {@code agent(9404)}, then the main class and its arguments. */
  static Jvm start(Jdk jdk, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(jdk.tool("java"), "-Xmx64m", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", Path.of("target/test-classes").toAbsolutePath().toString()));
    command.addAll(List.of(arguments));
    return start(command, null);
  }

  /** @param toolOptions what JAVA_TOOL_OPTIONS holds, or null */
  static Jvm start(List<String> command, String toolOptions) throws IOException {
    Path out = Files.createTempFile("out", ".txt");
    Path err = Files.createTempFile("err", ".txt");
    ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    if (toolOptions != null) {
      builder.environment().put("JAVA_TOOL_OPTIONS", toolOptions);
    }
    return new Jvm(builder.start(), out, err);
  }

  static String agent(Object argument) {
    return "-javaagent:" + AGENT + "=" + argument;
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  String out() throws IOException {
    return Files.readString(out);
  }

  String err() throws IOException {
    return Files.readString(err);
  }

  /** Closes the standard input, at which the applications of these tests end. */
  Result end() throws Exception {
    process.getOutputStream().close();
    if (!process.waitFor(DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
      fail("the JVM does not end; " + this);
    }
    return new Result(process.exitValue(), out(), err());
  }

  void await(String what, Check check) throws Exception {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (!check.holds()) {
      if (System.nanoTime() > deadline || !process.isAlive()) {
        fail("not seen: " + what + "; " + this);
      }
      Thread.sleep(50);
    }
  }

  void awaitOut(String text) throws Exception {
    await("standard output: " + text, () -> out().contains(text));
  }

  void awaitErr(String text) throws Exception {
    await("standard error: " + text, () -> err().contains(text));
  }

  /** The first answer of /metrics that fits. */
  String awaitMetrics(int port, String line) throws Exception {
    String[] last = {null};
    Predicate<String> fits = text -> text != null && text.lines().anyMatch(line::equals);
    await("metrics line " + line, () -> fits.test(last[0] = get(port, "/metrics")));
    return last[0];
  }

  /** Null where nobody answers. */
  static String get(int port, String path) throws InterruptedException {
    try {
      HttpResponse<String> response = http(port, path);
      return response.statusCode() == 200 ? response.body() : null;
    } catch (IOException nobody) {
      return null;
    }
  }

  static HttpResponse<String> http(int port, String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + port + path);
    return HTTP.send(
        HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20)).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() throws Exception {
    process.destroyForcibly().waitFor();
    Files.deleteIfExists(out);
    Files.deleteIfExists(err);
  }

  @Override
  public String toString() {
    try {
      return "alive " + process.isAlive() + "\n--- stdout\n" + out() + "\n--- stderr\n" + err();
    } catch (IOException unreadable) {
      return unreadable.toString();
    }
  }
}
