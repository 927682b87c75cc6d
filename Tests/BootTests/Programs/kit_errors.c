// SPDX-License-Identifier: Apache-2.0
/* What a program that does not fit the kit vstat is told: each misfit has its own error, and the
 * text of another layout names the line that differs. */
#include <string.h>

#include "check.h"
#include "vstat_kit.h"

/* Binds with a request that one of the tests below has changed. */
static enum kit_error bind_as(const struct kit_request *request, char *text, size_t size) {
  struct vstat_kit table;
  enum kit_error error = kit_bind(request, &table, sizeof table, 0);
  kit_explain(request, error, text, size);
  return error;
}

static void expect(const struct kit_request *request, enum kit_error wanted, const char *line) {
  char text[200];
  enum kit_error error = bind_as(request, text, sizeof text);
  CHECK(error == wanted && !strcmp(text, line), "%d: '%s' instead of '%s'", error, text, line);
}

int main(void) {
  struct kit_request request = vstat_kit_request();
  request.name = "nothing";
  expect(&request, KIT_ABSENT, "nothing: the kernel has no such kit");

  request = vstat_kit_request();
  static char layout[4096];
  CHECK(strlen(request.layout) < sizeof layout, "a long layout");
  strcpy(layout, request.layout);
  request.version = 2;
  request.layout = layout;
  layout[strlen("kit vstat ")] = '2';
  expect(&request, KIT_OTHER_VERSION,
      "vstat: another version: built for 'kit vstat 2', the kernel has 'kit vstat 1'");

  request = vstat_kit_request();
  request.layout_hash ^= 1;
  strcpy(layout, request.layout);
  char *moved = strstr(layout, "page_size uint32_t at 16");
  if (moved) moved[strlen("page_size uint32_t at 1")] = '7';
  request.layout = layout;
  expect(&request, KIT_OTHER_LAYOUT,
      "vstat: another layout: built for 'field vstat_page.page_size uint32_t at 17', the kernel has "
      "'field vstat_page.page_size uint32_t at 16'");

  request = vstat_kit_request();
  request.version_node = "VSTAT_2";
  expect(&request, KIT_NO_FUNCTION, "vstat: a function is missing");

  request = vstat_kit_request();
  static const char *names[64];
  for (size_t i = 0; i < request.count; i++) names[i] = request.names[i];
  names[0] = "vstat_nothing";
  request.names = names;
  expect(&request, KIT_NO_FUNCTION, "vstat: a function is missing");

  struct vstat_kit table;
  request = vstat_kit_request();
  enum kit_error error = kit_bind(&request, &table, sizeof table, 1);
  CHECK(error == KIT_NO_RIGHT, "%d: a writer of what only the kernel writes", error);
  return verdict("errors");
}
