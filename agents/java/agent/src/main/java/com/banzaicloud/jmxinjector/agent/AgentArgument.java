package com.banzaicloud.jmxinjector.agent;

/** The agent's argument, {@code [host:]port[:config.yaml]}. */
final class AgentArgument {

  private static final String GRAMMAR = "expected [host:]port[:config.yaml]";

  /** Null: all addresses. */
  final String host;

  final int port;

  /** Null: no file, the built-in preset serves. */
  final String config;

  private AgentArgument(String host, int port, String config) {
    this.host = host;
    this.port = port;
    this.config = config;
  }

  /** @throws IllegalArgumentException whose message names what was found and what was expected */
  static AgentArgument parse(String argument) {
    if (argument == null || argument.isEmpty()) {
      throw new IllegalArgumentException("no argument: " + GRAMMAR);
    }
    String rest = argument;
    String host = null;
    if (rest.charAt(0) == '[') {
      int end = rest.indexOf("]:");
      if (end < 0) {
        throw wrong(argument, "the bracket of an IPv6 address is not followed by ]:port");
      }
      host = rest.substring(1, end);
      rest = rest.substring(end + 2);
      if (!isIpv6(host)) {
        throw wrong(argument, "\"" + host + "\" is no IPv6 address");
      }
    } else if (!isDigits(head(rest))) {
      host = head(rest);
      if (host.length() == rest.length()) {
        throw wrong(argument, "the port is missing");
      }
      if (!isHostName(host)) {
        throw wrong(argument, "\"" + host + "\" is neither a port nor a host name");
      }
      rest = rest.substring(host.length() + 1);
    }
    String port = head(rest);
    if (!isDigits(port) || port.length() > 5 || Integer.parseInt(port) < 1 || Integer.parseInt(port) > 65535) {
      throw wrong(argument, "\"" + port + "\" is no port (1 to 65535)");
    }
    String config = null;
    if (port.length() < rest.length()) {
      config = rest.substring(port.length() + 1);
      if (config.isEmpty()) {
        throw wrong(argument, "the name of the configuration file is empty");
      }
    }
    return new AgentArgument(host, Integer.parseInt(port), config);
  }

  private static IllegalArgumentException wrong(String argument, String why) {
    return new IllegalArgumentException("argument \"" + argument + "\": " + why + "; " + GRAMMAR);
  }

  private static String head(String text) {
    int colon = text.indexOf(':');
    return colon < 0 ? text : text.substring(0, colon);
  }

  private static boolean isDigits(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return !text.isEmpty();
  }

  private static boolean isHostName(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean letterOrDigit = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
      if (!letterOrDigit && (i == 0 || c != '.' && c != '-' && c != '_')) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /** Characters only; whether it is one is for the resolver, which asks no name server for a text with a colon. */
  private static boolean isIpv6(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean hex = c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F';
      if (!hex && c != ':' && c != '.') {
        return false;
      }
    }
    return text.indexOf(':') >= 0;
  }
}
