package com.banzaicloud.jmxinjector.engine;

import com.banzaicloud.jmxinjector.engine.isolation.Messages;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Paths;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Puts the parts together. The agent calls {@link #start} by reflection, so it takes types of the platform only. */
public final class Engine {

  private Engine() {}

  /**
   * Returns when metrics are served.
   *
   * @param host null for all addresses
   * @param configFile null for the built-in preset
   * @param publish takes what can be read from outside, as key and value
   * @param say takes lines for the person who runs the application
   */
  public static void start(
      String host,
      int port,
      String configFile,
      String version,
      BiConsumer<String, String> publish,
      Consumer<String> say)
      throws IOException, InterruptedException {
    Messages.to(say);
    InetSocketAddress address = address(host, port);
    // First the port: a JVM that runs beside the one that has it (a broker's command line tools) stops here, having read
    // no file and said nothing.
    HttpServer http = Port.take(address, BindRetry.standard());
    ConfigSource config;
    MetricsServer server;
    try {
      config = new ConfigSource(configFile == null ? null : Paths.get(configFile), say);
      server = MetricsServer.start(http, new Exposition(config, version).registry());
    } catch (Throwable failure) {
      Port.release(http);
      throw failure;
    }

    publish.accept("host", host);
    publish.accept("port", String.valueOf(server.port()));
    publish.accept("config", configFile);
    publish.accept("state", "serving");
    say.accept(
        "version " + version + " serves metrics on port " + server.port() + ", configured by "
            + config.current().origin);
  }

  private static InetSocketAddress address(String host, int port) throws UnknownHostException {
    return host == null ? new InetSocketAddress(port) : new InetSocketAddress(InetAddress.getByName(host), port);
  }
}
