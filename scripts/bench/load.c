/*
 * Load of a known rate or as fast as it goes, for the benchmarks.
 *   cc -O2 -o load load.c
 *   load loop KIND FILE COUNT                     ns per call: KIND is pread, fsync, or block (O_DIRECT read)
 *   load paced FILE RATE SECONDS PROCESSES PARENT  preads a second over PROCESSES, each in a cgroup of its own
 *                                                  below PARENT; prints how many were done
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define TICKS 50

static void die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static int open_page(const char *file, int flags)
{
	void *page;
	if (posix_memalign(&page, PAGE, PAGE))
		die("posix_memalign");
	memset(page, 'w', PAGE);
	int fd = open(file, O_RDWR | O_CREAT | flags, 0644);
	if (fd < 0 || pwrite(fd, page, PAGE, 0) != PAGE)
		die(file);
	free(page);
	return fd;
}

static int loop(const char *kind, const char *file, long count)
{
	int is_fsync = !strcmp(kind, "fsync"), fd = open_page(file, strcmp(kind, "block") ? 0 : O_DIRECT);
	void *page;
	if (posix_memalign(&page, PAGE, PAGE))
		die("posix_memalign");
	double began = now_ns();
	for (long i = 0; i < count; i++)
		if (is_fsync ? fsync(fd) : pread(fd, page, PAGE, 0) != PAGE)
			die(kind);
	printf("%.1f\n", (now_ns() - began) / count);
	return 0;
}

static void join_cgroup(const char *parent, int number)
{
	char path[PAGE];
	snprintf(path, sizeof path, "%s/bench%d", parent, number);
	if (mkdir(path, 0755) && errno != EEXIST)
		die(path);
	strcat(path, "/cgroup.procs");
	int fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, "0", 1) != 1)
		die(path);
	close(fd);
}

/* A fiftieth of the second's share at a time, so that the rate is even. */
static long pace(const char *file, long rate, long seconds)
{
	int fd = open_page(file, 0);
	char page[PAGE];
	long done = 0;
	double began = now_ns();
	for (long tick = 1; tick <= seconds * TICKS; tick++) {
		for (; done < rate * tick / TICKS; done++)
			if (pread(fd, page, PAGE, 0) != PAGE)
				die(file);
		double left = began + tick * 1e9 / TICKS - now_ns();
		if (left > 0)
			usleep(left / 1000);
	}
	return done;
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[1], "loop"))
		return loop(argv[2], argv[3], atol(argv[4]));
	if (argc != 7 || strcmp(argv[1], "paced"))
		return fputs("usage: see the head of load.c\n", stderr), 2;
	long rate = atol(argv[3]), seconds = atol(argv[4]), processes = atol(argv[5]), total = 0;
	int counts[2];
	if (pipe(counts))
		die("pipe");
	for (int i = 0; i < processes; i++) {
		if (fork())
			continue;
		join_cgroup(argv[6], i);
		long done = pace(argv[2], rate / processes, seconds);
		if (write(counts[1], &done, sizeof done) != sizeof done)
			die("write");
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	for (int i = 0; i < processes; i++) {
		long done;
		if (read(counts[0], &done, sizeof done) != sizeof done)
			die("a process failed");
		total += done;
	}
	printf("%ld\n", total);
	return 0;
}
