package com.banzaicloud.jmxinjector.it;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A JDK of this machine. */
record Jdk(int version, Path home) {

  /** The releases to run on; one that the machine lacks shows as a skipped test. */
  private static final int[] WANTED = {17, 21, 25};

  static Stream<Jdk> wanted() throws IOException {
    TreeMap<Integer, Path> found = new TreeMap<>();
    add(found, Path.of(System.getProperty("java.home")));
    Path folder = Path.of("/usr/lib/jvm");
    if (Files.isDirectory(folder)) {
      try (Stream<Path> homes = Files.list(folder)) {
        homes.sorted().forEach(home -> add(found, home));
      }
    }
    return java.util.Arrays.stream(WANTED).mapToObj(version -> new Jdk(version, found.get(version)));
  }

  private static void add(TreeMap<Integer, Path> found, Path home) {
    if (!Files.isExecutable(home.resolve("bin/javac"))) {
      return;
    }
    Properties release = new Properties();
    try (InputStream in = Files.newInputStream(home.resolve("release"))) {
      release.load(in);
    } catch (IOException unreadable) {
      return;
    }
    String version = release.getProperty("JAVA_VERSION", "").replace("\"", "");
    found.putIfAbsent(Runtime.Version.parse(version.isEmpty() ? "1" : version).feature(), home);
  }

  boolean isPresent() {
    return home != null;
  }

  String tool(String name) {
    return home.resolve("bin").resolve(name).toString();
  }

  @Override
  public String toString() {
    return "JDK " + version;
  }
}
