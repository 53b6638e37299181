package com.banzaicloud.jmxinjector.engine;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.spi.HttpServerProvider;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/** Takes the port, with the JDK's own HTTP server or not at all. */
final class Port {

  private static final int BACKLOG = 16;
  private static final String PROVIDER = "com.sun.net.httpserver.HttpServerProvider";

  private Port() {}

  /** A server that holds the port and answers nobody yet. */
  static HttpServer take(InetSocketAddress address, BindRetry retry) throws IOException, InterruptedException {
    return retry.run(
        address,
        () -> {
          // The JDK's server never closes the channel that it could not bind, so a plain socket tries first. Who takes
          // the port between the two costs us one descriptor and another try.
          try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(address, BACKLOG);
          }
          refuseForeignProvider();
          return HttpServer.create(address, BACKLOG);
        });
  }

  /** Gives back what {@link #take} gave. A server that never started would keep the port after its stop. */
  static void release(HttpServer server) {
    try {
      server.start();
    } catch (IllegalStateException started) {
      // as well
    }
    server.stop(0);
  }

  /**
   * The provider of HTTP servers is chosen once for the whole JVM, with the application's settings and class path. Another
   * one than the JDK's may start threads that keep the JVM alive: it is the application's to start, not ours.
   */
  static void refuseForeignProvider() throws Refusal {
    String foreign = System.getProperty(PROVIDER);
    if (foreign == null) {
      try {
        // The JDK's own look-up up to, but not including, the call: hasNext makes no instance and initialises no class.
        if (ServiceLoader.load(HttpServerProvider.class, ClassLoader.getSystemClassLoader()).iterator().hasNext()) {
          foreign = "one of its services";
        }
      } catch (ServiceConfigurationError | LinkageError broken) {
        foreign = "a service that cannot be loaded: " + broken.getMessage();
      }
    }
    if (foreign != null) {
      throw new Refusal("the application brings its own " + PROVIDER + " (" + foreign + "), which the agent must not start", null);
    }
    Class<?> chosen = HttpServerProvider.provider().getClass();
    if (!chosen.getName().startsWith("sun.net.httpserver.")) {
      throw new Refusal("the application chose its own " + PROVIDER + " (" + chosen.getName() + ")", null);
    }
  }
}
