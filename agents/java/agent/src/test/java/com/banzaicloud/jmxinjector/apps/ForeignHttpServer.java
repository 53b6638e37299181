package com.banzaicloud.jmxinjector.apps;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsServer;
import com.sun.net.httpserver.spi.HttpServerProvider;
import java.net.InetSocketAddress;

/** A provider that an application may have on its class path: says so when it is touched. */
public final class ForeignHttpServer extends HttpServerProvider {

  static {
    touched("initialised");
  }

  public ForeignHttpServer() {
    touched("made");
  }

  @Override
  public HttpServer createHttpServer(InetSocketAddress address, int backlog) {
    touched("asked");
    throw new IllegalStateException();
  }

  @Override
  public HttpsServer createHttpsServer(InetSocketAddress address, int backlog) {
    touched("asked");
    throw new IllegalStateException();
  }

  private static void touched(String how) {
    System.out.println("foreign provider " + how);
  }
}
