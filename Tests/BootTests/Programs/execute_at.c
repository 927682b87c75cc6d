// SPDX-License-Identifier: Apache-2.0
/* execveat: every line as Linux 6.1 prints it, in execute_at.txt. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "answers.h"

static char *arguments[] = {"first", "shown", 0}, *none[] = {0};

static int at(int directory, const char *path, char **list, int flags) {
  return syscall(SYS_execveat, directory, path, list, none, flags);
}

/* Executes in a child; the errno if that fails. */
#define TRY(call)                       \
  do {                                  \
    printf("%s\n", #call);              \
    fflush(stdout);                     \
    int status;                         \
    if (!fork()) {                      \
      errno = 0;                        \
      int answer = (call);              \
      printf("  %d %d\n", answer, errno); \
      fflush(stdout);                   \
      _exit(0);                         \
    }                                   \
    wait(&status);                      \
    if (status) printf("  status %x\n", status); \
  } while (0)

static void copy(int to) {
  static char bytes[65536];
  int from = open("/proc/self/exe", O_RDONLY), got;
  while ((got = read(from, bytes, sizeof bytes)) > 0) write(to, bytes, got);
  close(from);
}
static void text(const char *path, const char *content, int mode) {
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  write(file, content, strlen(content)), fchmod(file, mode), close(file);
}

static int shown(int count, char **list) {
  char name[17] = "", link[256] = "";
  prctl(PR_GET_NAME, name);
  readlink("/proc/self/exe", link, sizeof link - 1);
  /* This kernel keeps no name of a memfd. */
  if (strstr(link, "(deleted)")) strcpy(name, "memfd"), strcpy(link, "no name");
  printf("  runs as \"%s\", file %s, arguments", name, (char *)getauxval(AT_EXECFN));
  for (int i = 0; i < count; i++) printf(" %s", list[i]);
  printf(", %s\n", link);
  return 0;
}

int main(int count, char **list) {
  setvbuf(stdout, 0, _IOLBF, 0);
  if (count > 1 || !*list[0]) return shown(count, list);
  if (access("/proc/self", F_OK) != 0) mount("proc", "/proc", "proc", 0, 0);
  symlink("/proc/self/fd", "/dev/fd");
  mkdir("/x", 0755);
  int made = open("/x/own", O_WRONLY | O_CREAT, 0755);
  copy(made), close(made);
  text("/x/plain", "text", 0644), text("/x/bad", "text", 0755);
  text("/x/script", "#!/x/own shown\n", 0755), text("/x/lost", "#!/x/none\n", 0755);
  symlink("own", "/x/link"), symlink("script", "/x/to script"), symlink("loop", "/x/loop");
  int dir = open("/x", O_RDONLY | O_DIRECTORY), own = open("/x/own", O_RDONLY);
  int path = open("/x/own", O_PATH), script = open("/x/script", O_RDONLY), plain = open("/x/plain", O_RDONLY);
  int closing = open("/x/own", O_RDONLY | O_CLOEXEC), lost = open("/x/lost", O_RDONLY), bad = open("/x/bad", O_RDONLY);
  int closing_script = open("/x/script", O_RDONLY | O_CLOEXEC), closing_dir = open("/x", O_RDONLY | O_CLOEXEC);
  int closing_bad = open("/x/bad", O_RDONLY | O_CLOEXEC), link = open("/x/link", O_PATH | O_NOFOLLOW);
  int ends[2];
  pipe(ends);
  printf("%d to %d\n", dir, ends[1]);

  TRY(at(AT_FDCWD, "/x/own", arguments, 0));
  TRY(at(dir, "own", arguments, 0));
  TRY(at(dir, "/x/own", arguments, 0));
  TRY(at(dir, "../x/own", arguments, 0));
  TRY(at(dir, "link", arguments, 0));
  TRY(at(dir, "link", arguments, AT_SYMLINK_NOFOLLOW));
  TRY(at(AT_FDCWD, "/x/link", arguments, AT_SYMLINK_NOFOLLOW));
  TRY(at(dir, "own", arguments, AT_SYMLINK_NOFOLLOW));
  TRY(at(dir, "loop", arguments, 0));
  TRY(at(-1, "/x/own", arguments, 0));
  TRY(at(-1, "own", arguments, 0));
  TRY(at(77, "own", arguments, 0));
  TRY(at(own, "own", arguments, 0));
  TRY(at(AT_FDCWD, "x/own", arguments, 0));
  TRY(at(AT_FDCWD, "/x/own", 0, 0));
  TRY(at(own, "", arguments, AT_EMPTY_PATH));
  TRY(at(path, "", arguments, AT_EMPTY_PATH));
  TRY(at(closing, "", arguments, AT_EMPTY_PATH));
  TRY(at(own, "", arguments, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
  TRY(at(dir, "own", arguments, AT_EMPTY_PATH));
  TRY(at(own, "", arguments, 0));
  TRY(at(link, "", arguments, AT_EMPTY_PATH));
  TRY(at(dir, "", arguments, AT_EMPTY_PATH));
  TRY(at(AT_FDCWD, "", arguments, AT_EMPTY_PATH));
  TRY(at(ends[0], "", arguments, AT_EMPTY_PATH));
  TRY(at(-1, "", arguments, AT_EMPTY_PATH));
  TRY(at(plain, "", arguments, AT_EMPTY_PATH));
  TRY(at(bad, "", arguments, AT_EMPTY_PATH));
  TRY(at(closing_bad, "", arguments, AT_EMPTY_PATH));
  TRY(at(dir, "plain", arguments, 0));
  TRY(at(dir, "none", arguments, 0));
  TRY(at(own, "", arguments, 1));
  TRY(at(own, "", arguments, AT_EMPTY_PATH | 0x800));
  TRY(at(dir, "none", arguments, 1));
  TRY(at(dir, "", arguments, 1));
  TRY(at(dir, (void *)8, arguments, 0));
  TRY(at(dir, (void *)8, arguments, AT_EMPTY_PATH));
  TRY(at(dir, "own", (void *)8, 0));
  TRY(at(dir, "own", (void *)8, 1));
  TRY(at(dir, "script", arguments, 0));
  TRY(at(dir, "to script", arguments, 0));
  TRY(at(dir, "to script", arguments, AT_SYMLINK_NOFOLLOW));
  TRY(at(script, "", arguments, AT_EMPTY_PATH));
  TRY(at(closing_script, "", arguments, AT_EMPTY_PATH));
  TRY(at(closing_dir, "script", arguments, 0));
  TRY(at(closing_dir, "own", arguments, 0));
  TRY(at(closing_dir, "/x/script", arguments, 0));
  TRY(at(lost, "", arguments, AT_EMPTY_PATH));
  TRY(fexecve(own, arguments, none));
  TRY(fexecve(script, arguments, none));
  TRY(fexecve(closing, arguments, none));

  int memory = syscall(SYS_memfd_create, "program", 0);
  copy(memory);
  int closing_memory = syscall(SYS_memfd_create, "closing", 1);
  copy(closing_memory);
  int memory_script = syscall(SYS_memfd_create, "script", 0);
  write(memory_script, "#!/x/own shown\n", 15);
  TRY(at(memory, "", arguments, AT_EMPTY_PATH));
  TRY(at(closing_memory, "", arguments, AT_EMPTY_PATH));
  TRY(at(memory_script, "", arguments, AT_EMPTY_PATH));
  TRY(fexecve(memory, arguments, none));
  fchmod(memory, 0644);
  TRY(at(memory, "", arguments, AT_EMPTY_PATH));
  return 0;
}
