import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.ObjectName;

/** A small application: orders come in, some wait, a few are rejected. Its MBean is all that can be seen of it. */
public final class OrdersApp {

  /** What can be seen of the orders through JMX. */
  public interface OrdersMBean {

    /** Orders taken since the start. */
    long getCount();

    /** Of these, orders that were rejected. */
    long getRejected();

    /** Orders that wait now. */
    int getPending();
  }

  public static final class Orders implements OrdersMBean {

    private final AtomicLong count = new AtomicLong();

    void take() {
      count.incrementAndGet();
    }

    @Override
    public long getCount() {
      return count.get();
    }

    @Override
    public long getRejected() {
      return count.get() / 50;
    }

    @Override
    public int getPending() {
      return (int) (count.get() % 7);
    }
  }

  public static void main(String[] args) throws Exception {
    Orders orders = new Orders();
    ManagementFactory.getPlatformMBeanServer().registerMBean(orders, new ObjectName("com.example:type=Orders"));
    System.out.println("taking orders, Java " + Runtime.version());
    while (true) {
      orders.take();
      Thread.sleep(100);
    }
  }
}
