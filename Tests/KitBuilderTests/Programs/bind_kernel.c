// SPDX-License-Identifier: Apache-2.0
/* What code of the kernel is told that binds the kit vstat: the header as the kernel's compiler sees it,
 * with a kernel that this test is. For the host.
 *
 * usage: bind_kernel KIT */
#include "vstat_kit.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#if __STDC_HOSTED__
#error the kernel's code is compiled with -ffreestanding
#endif

static char mapped[0x10000];
static size_t image_size;
static uint32_t answer;
static int asked;

uint32_t OsKitMap(const char *name, size_t length, uintptr_t *base, size_t *size) {
  asked++;
  if (length != 5 || memcmp(name, "vstat", 5)) return KIT_ABSENT;
  if (answer) return answer;
  *base = (uintptr_t)mapped;
  *size = image_size + 4096;
  return 0;
}

static void expect(const struct kit_request *request, enum kit_error wanted, const char *line) {
  char text[200];
  struct vstat_kit table, before;
  memset(&table, 1, sizeof table);
  before = table;
  enum kit_error error = kit_bind(request, &table, sizeof table, 0);
  assert(error == wanted);
  assert(!memcmp(&table, &before, sizeof table));
  kit_explain(request, error, text, sizeof text);
  if (strcmp(text, line)) printf("'%s' instead of '%s'\n", text, line);
  assert(!strcmp(text, line));
  /* A text without room for all of it ends where the room does. */
  for (size_t room = 1; room < strlen(line); room++) {
    kit_explain(request, error, text, room);
    assert(strlen(text) == room - 1 && !memcmp(text, line, room - 1));
  }
}

int main(int count, char **arguments) {
  assert(count == 2);
  FILE *file = fopen(arguments[1], "rb");
  image_size = file ? fread(mapped, 1, sizeof mapped - 8192, file) : 0;
  image_size = (image_size + 4095) & ~4095ul;
  uint64_t hash = VSTAT_KIT_LAYOUT;
  memcpy(mapped + image_size, &hash, sizeof hash);

  assert(vstat_page_size() == 0 && vstat_board(0, 0) == -KIT_NOT_BOUND);
  struct kit_request request = vstat_kit_request();
  request.name = "nothing";
  expect(&request, KIT_ABSENT, "nothing: the kernel has no such kit");
  request = vstat_kit_request();
  answer = KIT_NOT_BUILT_IN;
  expect(&request, KIT_NOT_BUILT_IN, "vstat: not built into the kernel");
  answer = KIT_OF_PROGRAMS;
  expect(&request, KIT_OF_PROGRAMS, "vstat: it has pages of programs");
  answer = KIT_CALLS_SYSTEM;
  expect(&request, KIT_CALLS_SYSTEM, "vstat: it makes system calls");
  answer = 0;
  int before = asked;
  struct vstat_kit table;
  assert(kit_bind(&request, &table, sizeof table, 1) == KIT_OF_PROGRAMS && asked == before);

  request.version = 2;
  request.layout = "kit vstat 2";
  expect(&request, KIT_OTHER_VERSION,
      "vstat: another version: built for 'kit vstat 2', the kernel has 'kit vstat 1'");
  request.layout = vstat_kit_request().layout; /* no line differs */
  expect(&request, KIT_OTHER_VERSION, "vstat: another version");

  static char layout[4096];
  request = vstat_kit_request();
  request.layout_hash++;
  strcpy(layout, request.layout);
  char *moved = strstr(layout, "tick_hz uint32_t at 20");
  assert(moved);
  moved[strlen("tick_hz uint32_t at 2")] = '4';
  request.layout = layout;
  expect(&request, KIT_OTHER_LAYOUT,
      "vstat: another layout: built for 'field vstat_page.tick_hz uint32_t at 24', the kernel has "
      "'field vstat_page.tick_hz uint32_t at 20'");
  mapped[image_size]++;
  request = vstat_kit_request();
  expect(&request, KIT_OTHER_PAGE, "vstat: a page of another layout");
  mapped[image_size]--;

  struct vstat_kit unbound = vstat_kit;
  assert(vstat_kit_bind() == KIT_NO_ERROR && memcmp(&vstat_kit, &unbound, sizeof unbound));
  for (size_t i = 0; i < sizeof vstat_kit / sizeof(void *); i++) {
    const char *function = ((const char **)&vstat_kit)[i];
    assert(function > mapped && function < mapped + image_size);
  }
  puts("bound");
  return 0;
}
