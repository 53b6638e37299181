package com.banzaicloud.jmxinjector.engine.isolation;

import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;

/** Where the libraries' messages go. A message that repeats with scrapes is told once. */
public final class Messages {

  private static volatile Consumer<String> sink = line -> {};

  /** Bounded, as messages may hold names and numbers without end. */
  private static final int MOST_REMEMBERED = 200;

  private static final Set<String> SAID = new LinkedHashSet<>();

  private Messages() {}

  public static void to(Consumer<String> newSink) {
    sink = newSink;
  }

  static void failure(String message) {
    String line = message.split("\\R", 2)[0];
    synchronized (SAID) {
      if (!SAID.add(line)) {
        return;
      }
      if (SAID.size() > MOST_REMEMBERED) {
        SAID.remove(SAID.iterator().next());
      }
    }
    sink.accept(line);
  }

  public static void failure(String message, Throwable cause) {
    failure(cause == null ? message : message + " " + cause);
  }
}
