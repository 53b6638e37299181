package com.banzaicloud.jmxinjector.engine.isolation.jul;

/** Stands in for java.util.logging.Level, with the levels that the libraries name. */
public final class Level {

  public static final Level SEVERE = new Level();
  public static final Level WARNING = new Level();
  public static final Level FINE = new Level();

  private Level() {}
}
