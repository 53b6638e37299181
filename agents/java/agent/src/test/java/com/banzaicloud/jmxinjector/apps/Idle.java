package com.banzaicloud.jmxinjector.apps;

import java.lang.management.ManagementFactory;
import javax.management.ObjectName;

/** An application with one MBean that runs until its standard input ends, then exits with the code it was given. */
public final class Idle {

  public interface OrdersMBean {
    int getCount();
  }

  public static final class Orders implements OrdersMBean {
    @Override
    public int getCount() {
      return 42;
    }
  }

  public static void main(String[] args) throws Exception {
    if (!args[0].equals("no-mbean")) {
      ManagementFactory.getPlatformMBeanServer()
          .registerMBean(new Orders(), new ObjectName("com.example:type=Orders"));
    }
    System.out.println("started");
    while (System.in.read() >= 0) {
      // until the test closes it
    }
    System.out.println("ended");
    System.exit(Integer.parseInt(args[args.length - 1]));
  }
}
