package com.banzaicloud.jmxinjector.engine;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.prometheus.metrics.config.PrometheusProperties;
import io.prometheus.metrics.exporter.httpserver.MetricsHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The HTTP endpoint. The library's own server is not used for one reason: it sets system properties that change every
 * other HTTP server in the JVM.
 */
final class MetricsServer {

  /** Threads that read requests and answer all but scrapes. */
  private static final int MOST_THREADS = 3;

  private static final int MOST_WAITING = 16;
  private static final int MOST_SCRAPES = 3;

  private final HttpServer server;
  private final ThreadPoolExecutor scrapes;

  private MetricsServer(HttpServer server, ThreadPoolExecutor scrapes) {
    this.server = server;
    this.scrapes = scrapes;
  }

  /** Answers on the port that {@code server} holds. */
  static MetricsServer start(HttpServer server, PrometheusRegistry registry) {
    // A scrape reads MBeans, and one of them may never return: scrapes have threads of their own, and none waits in line.
    ThreadPoolExecutor scrapes = executor("scrape", MOST_SCRAPES, new SynchronousQueue<>());
    server.createContext("/", new Answer(404, "Not found. Metrics are at /metrics\n"));
    server.createContext("/-/healthy", new Answer(200, "healthy\n"));
    server.createContext("/-/ready", new Answer(200, "ready\n"));
    MetricsHandler metrics = new MetricsHandler(PrometheusProperties.get(), registry);
    server.createContext("/metrics", exchange -> handleMetrics(exchange, metrics, scrapes));
    server.setExecutor(executor("http", MOST_THREADS, new ArrayBlockingQueue<>(MOST_WAITING)));
    server.start();
    nameThreads();
    return new MetricsServer(server, scrapes);
  }

  int port() {
    return server.getAddress().getPort();
  }

  void stop() {
    server.stop(0);
    ((ThreadPoolExecutor) server.getExecutor()).shutdownNow();
    scrapes.shutdownNow();
  }

  /** Threads come with the first request and go when none follows; more requests than the queue holds are cut off. */
  private static ThreadPoolExecutor executor(String name, int most, BlockingQueue<Runnable> waiting) {
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    AtomicInteger count = new AtomicInteger();
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            most,
            most,
            90,
            TimeUnit.SECONDS,
            waiting,
            work -> {
              Thread thread = new Thread(group, work, "jmx-injector-" + name + "-" + count.incrementAndGet());
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

  private static void handleMetrics(HttpExchange exchange, HttpHandler metrics, Executor scrapes) throws IOException {
    // The JDK's server hands on whatever begins with the path of a context.
    if (!exchange.getRequestURI().getPath().equals("/metrics")) {
      new Answer(404, "Not found. Metrics are at /metrics\n").handle(exchange);
    } else if (!Answer.isRead(exchange)) {
      new Answer(405, "Only GET and HEAD are answered\n").handle(exchange);
    } else {
      try {
        scrapes.execute(() -> scrape(exchange, metrics));
      } catch (RejectedExecutionException allBusy) {
        new Answer(503, "Busy with " + MOST_SCRAPES + " scrapes that are not done yet\n").handle(exchange);
      }
    }
  }

  private static void scrape(HttpExchange exchange, HttpHandler metrics) {
    try {
      metrics.handle(exchange);
    } catch (IOException | RuntimeException | Error failure) {
      // The client has gone, or the library could not answer; nobody above this to tell.
    } finally {
      exchange.close();
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
