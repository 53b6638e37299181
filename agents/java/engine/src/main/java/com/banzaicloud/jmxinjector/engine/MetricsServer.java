package com.banzaicloud.jmxinjector.engine;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.exporter.httpserver.MetricsHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The HTTP endpoint. The library's own server is not used for one reason: it sets system properties that change every
 * other HTTP server in the JVM.
 */
final class MetricsServer {

  private static final int MOST_THREADS = 3;
  private static final int MOST_WAITING = 16;
  private static final int BACKLOG = 16;

  private final HttpServer server;

  private MetricsServer(HttpServer server) {
    this.server = server;
  }

  static MetricsServer bind(InetSocketAddress address, PrometheusRegistry registry, BindRetry retry)
      throws IOException, InterruptedException {
    HttpServer server = retry.run(address, () -> HttpServer.create(address, BACKLOG));
    server.createContext("/", new Answer(404, "Not found. Metrics are at /metrics\n"));
    server.createContext("/-/healthy", new Answer(200, "healthy\n"));
    server.createContext("/-/ready", new Answer(200, "ready\n"));
    MetricsHandler metrics = new MetricsHandler(PrometheusProperties.get(), registry);
    server.createContext("/metrics", exchange -> handleMetrics(exchange, metrics));
    server.setExecutor(executor());
    server.start();
    nameThreads();
    return new MetricsServer(server);
  }

  int port() {
    return server.getAddress().getPort();
  }

  void stop() {
    server.stop(0);
    ((ThreadPoolExecutor) server.getExecutor()).shutdownNow();
  }

  /** Threads come with the first request and go when none follows; more requests than the queue holds are cut off. */
  private static ThreadPoolExecutor executor() {
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    AtomicInteger count = new AtomicInteger();
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            MOST_THREADS,
            MOST_THREADS,
            90,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MOST_WAITING),
            work -> {
              Thread thread = new Thread(group, work, "jmx-injector-http-" + count.incrementAndGet());
              thread.setDaemon(true);
              // What goes wrong in here is no business of the application's handler.
              thread.setUncaughtExceptionHandler((failed, failure) -> {});
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  /** The JDK's server names its threads as any other would; they inherit our thread group, daemon flag and priority. */
  private static void nameThreads() {
    Thread[] threads = new Thread[16];
    int count = Thread.currentThread().getThreadGroup().enumerate(threads);
    for (int i = 0; i < count; i++) {
      if (!threads[i].getName().startsWith("jmx-injector-")) {
        threads[i].setName("jmx-injector-" + threads[i].getName().toLowerCase(java.util.Locale.ROOT));
      }
    }
  }

  private static void handleMetrics(HttpExchange exchange, HttpHandler metrics) throws IOException {
    // The JDK's server hands on whatever begins with the path of a context.
    if (!exchange.getRequestURI().getPath().equals("/metrics")) {
      new Answer(404, "Not found. Metrics are at /metrics\n").handle(exchange);
    } else if (!Answer.isRead(exchange)) {
      new Answer(405, "Only GET and HEAD are answered\n").handle(exchange);
    } else {
      metrics.handle(exchange);
    }
  }

  /** A fixed text. */
  private static final class Answer implements HttpHandler {
    private final int status;
    private final byte[] body;

    Answer(int status, String body) {
      this.status = status;
      this.body = body.getBytes(StandardCharsets.UTF_8);
    }

    static boolean isRead(HttpExchange exchange) {
      return exchange.getRequestMethod().equals("GET") || exchange.getRequestMethod().equals("HEAD");
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
      try {
        exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head ? -1 : body.length);
        if (!head) {
          exchange.getResponseBody().write(body);
        }
      } finally {
        exchange.close();
      }
    }
  }
}
