// SPDX-License-Identifier: Apache-2.0
/* Scripts run their interpreter. Without arguments the program writes scripts, executes each, and reports an error by
 * its number; with arguments it is the interpreter, and prints them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *const environment[] = {"NAME=value", 0};

static void put(const char *path, const char *text) {
  int file = open(path, O_CREAT | O_WRONLY, 0755);
  write(file, text, strlen(text));
  close(file);
}

static void write_scripts(void) {
  char line[310] = "#!/init ";
  memset(line + 8, '0', sizeof line - 10);
  line[sizeof line - 2] = '\n';
  mkdir("/scripts", 0755);
  put("/scripts/plain", "#!/init\n");
  put("/scripts/argument", "#! \t/init -x  y \t\nfoo");
  put("/scripts/nested", "#!/scripts/argument z\n");
  put("/scripts/blank", "#! \n");
  put("/scripts/missing", "#!/none\n");
  put("/scripts/loop", "#!/scripts/loop\n");
  put("/scripts/long", line);
  put("/scripts/text", "hello\n");
  put("/scripts/relative", "#!../init\n");
}

static void run(const char *path, char *const arguments[]) {
  printf("%s:", path);
  fflush(stdout);
  pid_t child = fork();
  if (!child) {
    execve(path, arguments, environment);
    printf(" error %d\n", errno);
    fflush(stdout);
    _exit(0);
  }
  waitpid(child, 0, 0);
}

int main(int argc, char **argv, char **env) {
  if (argc > 1 || (argc == 1 && env[0] && !strcmp(env[0], "NAME=value"))) {
    for (int i = 0; i < argc; i++) printf(" [%s]", argv[i]);
    printf(" %s\n", env[0]);
    return 0;
  }
  write_scripts();
  char *two[] = {"zero", "one", 0}, *none[] = {0}, *empty[] = {"", 0};
  run("/scripts/plain", two);
  run("/scripts/plain", none);
  run("/scripts/plain", empty);
  run("/scripts/argument", two);
  run("/scripts/nested", two);
  run("/scripts/blank", two);
  run("/scripts/missing", two);
  run("/scripts/loop", two);
  run("/scripts/long", two);
  run("/scripts/text", two);
  chdir("/scripts");
  run("relative", two);
  return 0;
}
