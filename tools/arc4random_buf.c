// SPDX-License-Identifier: Apache-2.0
/* arc4random_buf: the source of randomness that Embedded Swift expects from the C library, and that
 * musl lacks. Swift seeds the hashes of its Set and Dictionary with it.
 *
 * Responsible for: filling the whole buffer from the kernel's getrandom. It cannot report an error,
 * so it aborts the program on one.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/random.h>

void arc4random_buf(void *buffer, size_t count)
{
    unsigned char *next = buffer;

    while (count > 0) {
        ssize_t filled = getrandom(next, count, 0);

        if (filled < 0 && errno == EINTR)
            continue;
        if (filled <= 0)
            abort();
        next += filled;
        count -= (size_t)filled;
    }
}
