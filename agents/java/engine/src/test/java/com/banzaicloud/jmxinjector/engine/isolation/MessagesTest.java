package com.banzaicloud.jmxinjector.engine.isolation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MessagesTest {

  private final List<String> said = new ArrayList<>();

  @AfterEach
  void silence() {
    Messages.to(line -> {});
  }

  @Test
  void messagesThatTakeTurnsAreToldOnceEach() {
    Messages.to(said::add);
    for (int scrape = 0; scrape < 100; scrape++) {
      Messages.failure("turns: first\nand its trace");
      Messages.failure("turns: second", null);
    }
    assertEquals(List.of("turns: first", "turns: second"), said);
  }

  @Test
  void whatIsRememberedIsBounded() {
    Messages.to(said::add);
    for (int number = 0; number < 201; number++) {
      Messages.failure("bounded: " + number);
    }
    Messages.failure("bounded: 200");
    assertEquals(201, said.size());
    Messages.failure("bounded: 0");
    assertEquals(202, said.size(), "the oldest was forgotten");
  }
}
