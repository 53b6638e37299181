package com.banzaicloud.jmxinjector.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ApplicationStartTest {

  @ParameterizedTest
  @CsvSource({
    "com.example.Main, true",
    "com.example.Main;com.example.Other, true",
    "sun.launcher.LauncherHelper, false",
    "sun.launcher.LauncherHelper;java.lang.Class, false",
    "sun.instrument.InstrumentationImpl;com.banzaicloud.jmxinjector.agent.Agent, false",
    "'', false",
  })
  void mainRunsWhenTheBottomFrameIsNotTheLaunchers(String classesFromTheBottom, boolean runs) {
    StackTraceElement[] frames =
        Stream.of(classesFromTheBottom.split(";"))
            .filter(name -> !name.isEmpty())
            .map(name -> new StackTraceElement(name, "method", null, -1))
            .toArray(StackTraceElement[]::new);
    StackTraceElement[] topFirst = new StackTraceElement[frames.length];
    for (int i = 0; i < frames.length; i++) {
      topFirst[frames.length - 1 - i] = frames[i];
    }
    assertEquals(runs, ApplicationStart.runsMain(topFirst));
  }

  @ParameterizedTest
  @CsvSource({
    "org.jboss.modules.Main -mp modules, , true",
    "/opt/wildfly/jboss-modules.jar -mp modules, , true",
    "io.quarkus.bootstrap.runner.QuarkusEntryPoint, , true",
    "/deployments/quarkus-run.jar, , true",
    "app.jar, , false",
    ", , false",
    // A log manager that the system class loader finds needs no wait; one that it does not find does.
    "app.jar, java.util.logging.LogManager, false",
    "app.jar, org.jboss.logmanager.LogManager, true",
  })
  void knowsWhoBringsALogManager(String command, String property, boolean brings) {
    assertEquals(brings, ApplicationStart.bringsLogManager(command, property));
  }
}
