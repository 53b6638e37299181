package com.banzaicloud.jmxinjector.engine.isolation;

import java.util.function.Consumer;

/** Where the libraries' messages go. A message that repeats with every scrape is told once. */
public final class Messages {

  private static volatile Consumer<String> sink = line -> {};
  private static volatile String last;

  private Messages() {}

  public static void to(Consumer<String> newSink) {
    sink = newSink;
  }

  static void failure(String message) {
    String line = message.split("\\R", 2)[0];
    if (!line.equals(last)) {
      last = line;
      sink.accept(line);
    }
  }

  public static void failure(String message, Throwable cause) {
    failure(cause == null ? message : message + " " + cause);
  }
}
