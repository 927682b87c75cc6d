// SPDX-License-Identifier: Apache-2.0
// terminal_lines: types at a pseudo-terminal of Linux and prints what it echoes, what reads return
// and which signals it sends. Responsible for: terminal_lines.txt, which the line discipline repeats in
// host tests (LineDisciplineTests). A line for each case: three words of flags, changed special characters,
// the steps with their results. Must not: run on this kernel, which has no pseudo-terminals.
#define _GNU_SOURCE
#include <termios.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum { I = ICRNL | IXON, O = OPOST | ONLCR };
enum { L = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN };

// t: type; r: read at most so many bytes; w: write; l: set the local flags; a: the bytes that can be read
struct Case {
    const char *name;
    unsigned i, o, l;
    const char *characters; // pairs: index and value
    const char *steps[12];
};

static const struct Case cases[] = {
    {"line", I, O, L, 0, {"tabc", "r9", "t\n", "r2", "r9", "r9"}},
    {"carriage return", I, O, L, 0, {"ta\rb\n", "r9", "r9"}},
    {"igncr", I | IGNCR, O, L, 0, {"ta\rb\n", "r9"}},
    {"inlcr", I | INLCR, O, L, 0, {"ta\nb\r", "r9", "r9"}},
    {"istrip", I | ISTRIP, O, L, 0, {"t\xe1\xe2\n", "r9"}},
    {"iuclc", I | IUCLC, O, L, 0, {"tAbC\n", "r9"}},
    {"iuclc without iexten", I | IUCLC, O, L & ~IEXTEN, 0, {"tAbC\n", "r9"}},
    {"no icrnl", 0, O, L, 0, {"ta\rb\n", "r9"}},
    {"erase", I, O, L, 0, {"tab\x7f\x7f\x7f" "c\n", "r9"}},
    {"erase of a control", I, O, L, 0, {"ta\x01\x7f\x7f" "c\n", "r9"}},
    {"erase of a control without echoctl", I, O, L & ~ECHOCTL, 0, {"ta\x01\x7f\x7f" "c\n", "r9"}},
    {"erase without echoe", I, O, L & ~ECHOE, 0, {"tab\x7f\x7f\x7f" "c\n", "r9"}},
    {"erase without echo", I, O, L & ~ECHO, 0, {"tab\x7f" "c\n", "r9"}},
    {"erase of utf-8", I | IUTF8, O, L, 0, {"ta\xc3\xa4\xe2\x82\xac\x7f\x7f" "c\n", "r9"}},
    {"erase of utf-8 without iutf8", I, O, L, 0, {"ta\xc3\xa4\x7f" "c\n", "r9"}},
    {"erase of continuations only", I | IUTF8, O, L, 0, {"t\x80\x81\x7f\n", "r9"}},
    {"erase of a tab", I, O, L, 0, {"tab\t\x7f" "c\n", "r9"}},
    {"erase of a tab after a prompt", I, O, L, 0, {"w$ ", "tab\t\x7f" "c\t\t\x7f\x7f\x7f\n", "r9"}},
    {"erase of a tab after a tab", I, O, L, 0, {"ta\tbc\x01\t\x7f\x7f\x7f\x7f\x7f\n", "r9"}},
    {"word erase", I, O, L, 0, {"tone two_2.  \x17" "x\x17\x17\x17\n", "r9"}},
    {"word erase without iexten", I, O, L & ~IEXTEN, 0, {"tone\x17\n", "r9"}},
    {"word erase of utf-8", I | IUTF8, O, L, 0, {"ta \xc3\xa4\xc3\xb6\x17" "b\n", "r9"}},
    {"kill", I, O, L, 0, {"tab\x01\t" "c\x15" "d\n", "r9"}},
    {"kill without echoke", I, O, L & ~ECHOKE, 0, {"tab\x15" "d\n", "r9"}},
    {"kill without echok", I, O, L & ~ECHOK, 0, {"tab\x15" "d\n", "r9"}},
    {"kill without echoe", I, O, L & ~ECHOE, 0, {"tab\x15" "d\n", "r9"}},
    {"kill without echo", I, O, L & ~ECHO, 0, {"tab\x15" "d\n", "r9"}},
    {"kill of nothing", I, O, L, 0, {"t\x15\x7f\x17" "a\n", "r9"}},
    {"erase stops at a line", I, O, L, 0, {"ta\nb\x15\x7f\x7f\x7f" "c\n", "r9", "r9"}},
    {"reprint", I, O, L, 0, {"ta\x01\tb\x12" "c\n", "r9"}},
    {"reprint without iexten", I, O, L & ~IEXTEN, 0, {"ta\x12" "c\n", "r9"}},
    {"reprint without echo", I, O, L & ~ECHO, 0, {"ta\x12" "c\n", "r9"}},
    {"literal next", I, O, L, 0, {"t\x16\x03\x16\x7f\x16\n\x16\x16\x16\x04" "a\n", "r9"}},
    {"literal next without echoctl", I, O, L & ~ECHOCTL, 0, {"t\x16\x03\n", "r9"}},
    {"literal next without iexten", I, O, L & ~IEXTEN, 0, {"t\x16" "a\n", "r9"}},
    {"literal return", I, O, L, 0, {"t\x16\r\n", "r9"}},
    {"end of file", I, O, L, 0, {"t\x04", "r9", "r9"}},
    {"end of file after text", I, O, L, 0, {"tabc\x04", "r9", "r9"}},
    {"end of file at the end of the buffer", I, O, L, 0, {"tabc\x04", "r3", "r3"}},
    {"end of file after a part", I, O, L, 0, {"tabc\x04", "a", "r2", "a", "r1", "r3"}},
    {"two ends of file", I, O, L, 0, {"t\x04\x04" "a\x04\x04", "a", "r9", "r9", "r9", "r9", "r9"}},
    {"end of line", I, O, L, "l;q.", {"ta;b.c\n", "r9", "r9", "r9"}},
    {"second end of line without iexten", I, O, L & ~IEXTEN, "q.", {"ta.b\n", "r9", "r9"}},
    {"no special character", I, O, L, "c\0", {"ta\x7f\n", "r9"}},
    {"echonl", I, O, (L & ~ECHO) | ECHONL, 0, {"ta\n", "r9"}},
    {"zero byte", I, O, L, "b\1", {"t\x16" "\x7f\x7f\n", "r9"}},
    {"interrupt", I, O, L, 0, {"tab\x03" "c\n", "r9"}},
    {"interrupt drops lines", I, O, L, 0, {"tab\ncd\x03", "r9"}},
    {"interrupt with noflsh", I, O, L | NOFLSH, 0, {"tab\x03" "c\n", "r9"}},
    {"interrupt without echo", I, O, L & ~ECHO, 0, {"tab\x03" "c\n", "r9"}},
    {"quit and suspend", I, O, L, 0, {"t\x1c", "t\x1a"}},
    {"no isig", I, O, L & ~ISIG, 0, {"t\x03\x1a\n", "r9"}},
    {"interrupt in raw mode", I, O, ISIG, 0, {"ta\x03" "b", "r9"}},
    {"stop and start", I, O, L, 0, {"t\x13", "tab", "t\x11", "r9", "t\n", "r9"}},
    {"stop and interrupt", I, O, L, 0, {"t\x13", "tab", "t\x03", "tc\n", "r9"}},
    {"ixany", I | IXANY, O, L, 0, {"t\x13", "ta", "tb\n", "r9"}},
    {"no ixon", ICRNL, O, L, 0, {"t\x13\x11" "a\n", "r9"}},
    {"raw", 0, 0, 0, 0, {"tab\r\n\x03\x04\x7f", "r4", "r9", "r9"}},
    {"raw with echo", 0, 0, ECHO, 0, {"ta\r\n\x01", "r9"}},
    {"raw with echo and output", 0, O, ECHO, 0, {"ta\r\n\x01", "r9"}},
    {"raw with echoctl", 0, O, ECHO | ECHOCTL, 0, {"ta\r\n\x01\t", "r9"}},
    {"raw with icrnl", I, O, ECHO | ECHOCTL, 0, {"ta\r\n\x01", "r9"}},
    {"raw has no literal next", I, O, ECHO | IEXTEN, 0, {"t\x16\x03", "r9"}},
    {"to raw", I, O, L, 0, {"tab\ncd", "l0", "r9", "r9"}},
    {"to lines", 0, 0, 0, 0, {"tab\ncd", "l2", "r9", "r9", "te\n", "r9"}},
    {"to lines and erase", 0, 0, 0, 0, {"tab", "l2", "t\x7f" "c\n", "r9", "r9"}},
    {"to raw after an end of file", I, O, L, 0, {"ta\x04", "l0", "r9"}},
    {"literal next forgotten", I, O, L, 0, {"ta\x16", "l0", "l2", "t\n", "r9", "r9"}},
    {"available", I, O, L, 0, {"tab\ncd\x04" "e", "a", "r1", "a", "r9", "a", "r9", "a", "r9"}},
    {"available in raw mode", 0, 0, 0, 0, {"tab\ncd", "a", "r2", "a"}},
    {"onlcr", I, O, L, 0, {"wa\nb\r\n"}},
    {"no opost", I, ONLCR, L, 0, {"wa\nb", "tc\n", "r9"}},
    {"no onlcr", I, OPOST, L, 0, {"wa\nb\tc\n", "tc\n", "r9"}},
    {"ocrnl", I, OPOST | OCRNL, L, 0, {"wa\rb\n"}},
    {"onocr", I, OPOST | ONOCR, L, 0, {"w\ra\r\rb\n\r"}},
    {"onlret", I, OPOST | ONLRET | ONOCR, L, 0, {"wa\n\rb\r"}},
    {"ocrnl and onlret", I, OPOST | OCRNL | ONLRET | ONOCR, L, 0, {"wab\r\rc\r"}},
    {"olcuc", I, O | OLCUC, L, 0, {"waBc\xe4\n", "txyZ\n", "r9"}},
    {"tabs", I, O | XTABS, L, 0, {"wa\tbcdefghi\t\b\t\n\t", "ta\tb\x7f\x7f\x7f\n"}},
    {"tabs and utf-8", I | IUTF8, O | XTABS, L, 0, {"w\xc3\xa4\t|\n\x01\t|"}},
    {"tabs without iutf-8", I, O | XTABS, L, 0, {"w\xc3\xa4\t|"}},
    {"tabs after echo", I, O | XTABS, L, 0, {"tab\x01", "w\t|"}},
    {"parity marks", I | PARMRK, O, L, 0, {"ta\xff" "b\n", "r9"}},
    {"parity marks in raw mode", PARMRK, 0, 0, 0, {"ta\xff" "b\n", "r9"}},
    {"high bytes", I, O, L, 0, {"t\xff\xfe\x80\x7f\n", "r9"}},
    {"echo of delete", I, O, L & ~ICANON, 0, {"t\x7f\x1b", "r9"}},
    {"echoprt", I, O, (L | ECHOPRT), 0, {"tabc\x7f\x7f" "d\x15" "e\n", "r9"}},
    {"echoprt to the start", I, O, (L | ECHOPRT), 0, {"tab\x7f\x7f\x7f" "c\n", "r9"}},
    {"echoprt of utf-8", I | IUTF8, O, (L | ECHOPRT), 0, {"ta\xc3\xa4\x7f" "c\n", "r9"}},
    {"echoprt and reprint", I, O, (L | ECHOPRT), 0, {"tab\x7f\x12" "c\n", "r9"}},
    {"long line", I, O, L & ~ECHO, 0, {"Zx5000", "ty\n", "a", "r5000", "r9"}},
    {"long line is erased", I, O, L & ~ECHO, 0, {"Zx5000", "t\x7f\x7fz\n", "a", "r5000", "r9"}},
    {"long line is killed", I, O, L & ~ECHO, 0, {"Zx5000", "t\x15z\n", "a", "r5000", "r9"}},
};

static void show(const char *bytes, int count)
{
    if (count == 0) printf("-");
    for (int n = 0; n < count; n++) {
        unsigned char c = bytes[n];
        if (c > 32 && c < 127 && c != '\\' && c != '-')
            putchar(c);
        else
            printf("\\%02x", c);
    }
}

static int drain(int fd, char *buffer, int size)
{
    int count = 0, got;
    for (int tries = 0; tries < 20; tries++) {
        while (count < size && (got = read(fd, buffer + count, size - count)) > 0) count += got, tries = 0;
        usleep(1000);
    }
    return count;
}

static void run(const struct Case *it)
{
    static char buffer[1 << 16];
    int master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK), unlock = 0, number = 0;
    if (master < 0) exit((perror("ptmx"), 1));
    ioctl(master, TIOCSPTLCK, &unlock);
    ioctl(master, TIOCGPTN, &number);
    char path[32];
    snprintf(path, sizeof path, "/dev/pts/%d", number);
    int slave = open(path, O_RDWR | O_NONBLOCK);
    if (slave < 0) exit((perror(path), 1));
    struct termios settings;
    tcgetattr(slave, &settings);
    settings.c_iflag = it->i, settings.c_oflag = it->o, settings.c_lflag = it->l;
    printf("%s: %x %x %x cc", it->name, it->i, it->o, it->l);
    for (const char *c = it->characters; c && *c; c += 2) {
        settings.c_cc[c[0] - 'a'] = c[1];
        printf(" %d=%02x", c[0] - 'a', (unsigned char)c[1]);
    }
    tcsetattr(slave, TCSANOW, &settings);
    for (const char *const *step = it->steps; *step; step++) {
        const char *text = *step + 1;
        int count = strlen(text);
        printf(" %c ", **step);
        if (**step == 'Z') { // types a byte many times
            int times = atoi(text + 1);
            memset(buffer, text[0], times);
            printf("%02x*%d ", text[0], times);
            for (int done = 0; done < times;) {
                int part = write(master, buffer + done, times - done > 256 ? 256 : times - done);
                if (part > 0) done += part;
                usleep(2000);
            }
        } else if (**step == 't') {
            show(text, count), putchar(' ');
            if (write(master, text, count) != count) printf("short");
        } else if (**step == 'w') {
            show(text, count), putchar(' ');
            if (write(slave, text, count) != count) printf("short");
        } else if (**step == 'l') {
            settings.c_lflag = strtoul(text, 0, 16);
            printf("%x ", settings.c_lflag);
            tcsetattr(slave, TCSANOW, &settings);
        } else if (**step == 'r') {
            int most = atoi(text);
            printf("%d ", most);
            usleep(20000);
            int got = read(slave, buffer, most);
            if (got < 0)
                printf("%s", errno == EAGAIN ? "none" : strerror(errno));
            else if (got > 100)
                printf("%d", got);
            else
                show(buffer, got);
            continue;
        } else if (**step == 'a') {
            int available = 0;
            usleep(20000);
            ioctl(slave, FIONREAD, &available);
            printf("%d", available);
            continue;
        }
        int got = drain(master, buffer, sizeof buffer);
        if (got > 200)
            printf("%d", got);
        else
            show(buffer, got);
        sigset_t pending;
        sigpending(&pending);
        int sig[] = {SIGINT, SIGQUIT, SIGTSTP};
        for (int n = 0; n < 3; n++)
            if (sigismember(&pending, sig[n])) {
                printf(" !%d", sig[n]);
                signal(sig[n], SIG_IGN), signal(sig[n], SIG_DFL);
            }
    }
    printf(" .\n");
    fflush(stdout);
    exit(0);
}

int main(void)
{
    if (getpid() == 1) {
        mkdir("/dev/pts", 0755), mount("devpts", "/dev/pts", "devpts", 0, 0);
        mknod("/dev/ptmx", 0020666, makedev(5, 2));
    }
    for (unsigned n = 0; n < sizeof cases / sizeof *cases; n++) {
        fflush(stdout);
        if (fork() == 0) {
            setsid();
            sigset_t all;
            sigfillset(&all), sigprocmask(SIG_BLOCK, &all, 0);
            run(cases + n);
        }
        wait(0);
    }
    return 0;
}
