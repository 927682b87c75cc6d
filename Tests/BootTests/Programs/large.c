// SPDX-License-Identifier: Apache-2.0
/* Has 7.6 MiB of data in its file, and exits with 7, which is read from there. */
static volatile char data[7800 * 1024] = {[7800 * 1024 - 1] = 7};

int main(void) { return data[sizeof data - 1]; }
