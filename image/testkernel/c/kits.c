// SPDX-License-Identifier: Apache-2.0
/* Kits called by code of the kernel, and what it is told of those that are not for it. */
#if defined(__arm__)
#include "checks.h"
#include "vsched_kit.h"
#include "vstat_kit.h"

static bool is_text(const char *text, const char *wanted) {
  return kit_is_equal(text, wanted, kit_length(wanted) + 1);
}

static enum kit_error bind_as(const struct kit_request *request, char *text, size_t size) {
  struct vstat_kit table;
  enum kit_error error = kit_bind(request, &table, sizeof table, 0);
  kit_explain(request, error, text, size);
  return error;
}

static void test_misfits(void) {
  char text[160];
  struct vstat_kit table;
  struct kit_request request = vstat_kit_request();
  EQUAL(kit_bind(&request, &table, sizeof table, 1), KIT_OF_PROGRAMS);
  request.version_node = "VSTAT_2";
  EQUAL(bind_as(&request, text, sizeof text), KIT_NO_FUNCTION);

  request = vstat_kit_request();
  request.version = 2;
  request.layout = "kit vstat 2\n";
  EQUAL(bind_as(&request, text, sizeof text), KIT_OTHER_VERSION);
  CHECK(is_text(text,
      "vstat: another version: built for 'kit vstat 2', the kernel has 'kit vstat 1'"));

  /* A field that the code expects elsewhere. */
  static char layout[2048];
  request = vstat_kit_request();
  request.layout_hash ^= 1;
  size_t length = kit_length(request.layout);
  CHECK(length < sizeof layout);
  for (size_t i = 0; i <= length; i++) {
    layout[i] = request.layout[i];
    if (kit_is_equal(request.layout + i, "tick_hz uint32_t at 20", 22)) layout[i + 21] = '4';
    if (i >= 21 && kit_is_equal(request.layout + i - 21, "tick_hz uint32_t at 20", 22))
      layout[i] = '4';
  }
  request.layout = layout;
  EQUAL(bind_as(&request, text, sizeof text), KIT_OTHER_LAYOUT);
  CHECK(is_text(text,
      "vstat: another layout: built for 'field vstat_page.tick_hz uint32_t at 24', the kernel has "
      "'field vstat_page.tick_hz uint32_t at 20'"));

  EQUAL(vsched_kit_bind(), KIT_CALLS_SYSTEM);
  EQUAL(vsched_slice(), -KIT_NOT_BOUND);
  request = vstat_kit_request();
  request.name = "nothing";
  EQUAL(bind_as(&request, text, sizeof text), KIT_ABSENT);
  /* One that a test puts into the initrd. */
  request.name = "box";
  enum kit_error error = bind_as(&request, text, sizeof text);
  CHECK(error == KIT_ABSENT || error == KIT_NOT_BUILT_IN);
  say(text);
}

void test_kits(void) {
  EQUAL(vstat_page_size(), 0); /* before it is bound */
  EQUAL(vstat_board(0, 0), -KIT_NOT_BOUND);
  test_misfits();
  EQUAL(vstat_page_size(), 0);

  EQUAL(vstat_kit_bind(), KIT_NO_ERROR);
  struct vstat_kit first = vstat_kit;
  EQUAL(vstat_kit_bind(), KIT_NO_ERROR);
  CHECK(kit_is_equal(&first, &vstat_kit, sizeof first));
  EQUAL(vstat_page_size(), 4096);
  EQUAL(vstat_tick_hz(), LOS_MS2Tick(1000));
  EQUAL(vstat_cpus(), test_cpu_count());
  CHECK(vstat_memory() > 1 << 20 && vstat_memory() % 4096 == 0);
  char name[32];
  EQUAL(vstat_board(name, sizeof name), 0);
  CHECK(is_text(name, "virt"));
  EQUAL(vstat_board(name, sizeof name - 1), -KIT_OUT_OF_RANGE);
  EQUAL(test_swift_page_size(), 4096);

  uint32_t start = test_instructions(), hertz = vstat_tick_hz(), end = test_instructions();
  CHECK(hertz && (!end || end - start <= 24)); /* the counter's two reads included */
  say("kits: done");
}
#endif
