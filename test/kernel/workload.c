/*
 * A workload of known counts, to hold what a tracer says against.
 *   cc -O1 -static -pthread -o workload workload.c
 * Every failed system call ends it with status 1 and a message naming the call.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096

static void die(const char *call, const char *file)
{
	fprintf(stderr, "workload: %s %s: %s\n", call, file, strerror(errno));
	exit(1);
}

static long number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);
	if (end == text || *end || value < 0) {
		fprintf(stderr, "workload: not a number: %s\n", text);
		exit(2);
	}
	return value;
}

static int open_file(const char *file, int flags)
{
	int fd = open(file, flags, 0644);
	if (fd < 0)
		die("open", file);
	return fd;
}

static void close_file(int fd, const char *file)
{
	if (close(fd))
		die("close", file);
}

/* Each call changes the file, so that the sync after it has something to write. */
static void dirty(int fd, const char *file)
{
	static __thread unsigned turn;
	char text[16];
	int length = snprintf(text, sizeof text, "%08x\n", turn++);
	if (pwrite(fd, text, length, 0) != length)
		die("pwrite", file);
}

static void make_page(int fd, const char *file)
{
	char page[PAGE];
	memset(page, 'x', sizeof page);
	if (pwrite(fd, page, sizeof page, 0) != sizeof page)
		die("pwrite", file);
}

static int do_sync(const char *file, long fsyncs, long fdatasyncs, long odsyncs, long msyncs)
{
	int fd = open_file(file, O_RDWR | O_CREAT);
	make_page(fd, file);
	for (long i = 0; i < fsyncs; i++) {
		dirty(fd, file);
		if (fsync(fd))
			die("fsync", file);
	}
	for (long i = 0; i < fdatasyncs; i++) {
		dirty(fd, file);
		if (fdatasync(fd))
			die("fdatasync", file);
	}
	if (odsyncs) {
		int dfd = open_file(file, O_WRONLY | O_DSYNC);
		for (long i = 0; i < odsyncs; i++)
			dirty(dfd, file);
		close_file(dfd, file);
	}
	if (msyncs) {
		volatile char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (map == MAP_FAILED)
			die("mmap", file);
		for (long i = 0; i < msyncs; i++) {
			map[0] = (char)i;
			if (msync((void *)map, PAGE, MS_SYNC))
				die("msync", file);
		}
		if (munmap((void *)map, PAGE))
			die("munmap", file);
	}
	close_file(fd, file);
	return 0;
}

/* One after the other; 1 when io_uring is not to be had. */
static int uring(int fd, const char *file, int opcode, int count)
{
	static char page[PAGE];
	struct io_uring_params p;
	memset(&p, 0, sizeof p);
	int ring = (int)syscall(SYS_io_uring_setup, 4, &p);
	if (ring < 0) {
		if (errno != ENOSYS && errno != EPERM)
			die("io_uring_setup", file);
		puts("io_uring unavailable");
		return 1;
	}
	size_t sq_size = p.sq_off.array + p.sq_entries * sizeof(uint32_t);
	size_t cq_size = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
	size_t sqe_size = p.sq_entries * sizeof(struct io_uring_sqe);
	int prot = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_POPULATE;
	char *sq = mmap(NULL, sq_size, prot, flags, ring, IORING_OFF_SQ_RING);
	char *cq = mmap(NULL, cq_size, prot, flags, ring, IORING_OFF_CQ_RING);
	struct io_uring_sqe *sqe = mmap(NULL, sqe_size, prot, flags, ring, IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || (void *)sqe == MAP_FAILED)
		die("mmap", "io_uring");
	uint32_t *sq_tail = (uint32_t *)(sq + p.sq_off.tail);
	uint32_t *sq_array = (uint32_t *)(sq + p.sq_off.array);
	uint32_t sq_mask = *(uint32_t *)(sq + p.sq_off.ring_mask);
	uint32_t *cq_head = (uint32_t *)(cq + p.cq_off.head);
	uint32_t cq_mask = *(uint32_t *)(cq + p.cq_off.ring_mask);
	struct io_uring_cqe *cqes = (struct io_uring_cqe *)(cq + p.cq_off.cqes);

	for (int i = 0; i < count; i++) {
		if (opcode == IORING_OP_FSYNC)
			dirty(fd, file);
		uint32_t slot = *sq_tail & sq_mask;
		memset(&sqe[slot], 0, sizeof *sqe);
		sqe[slot].opcode = opcode;
		sqe[slot].fd = fd;
		if (opcode != IORING_OP_FSYNC) {
			sqe[slot].addr = (uintptr_t)page;
			sqe[slot].len = PAGE;
		}
		sq_array[slot] = slot;
		__atomic_store_n(sq_tail, *sq_tail + 1, __ATOMIC_RELEASE);
		long rc;
		do
			rc = syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0);
		while (rc < 0 && errno == EINTR);
		if (rc != 1)
			die("io_uring_enter", file);
		int result = cqes[*cq_head & cq_mask].res;
		__atomic_store_n(cq_head, *cq_head + 1, __ATOMIC_RELEASE);
		if (result < 0) {
			errno = -result;
			die("io_uring", file);
		}
	}
	if (munmap(sq, sq_size) || munmap(cq, cq_size) || munmap(sqe, sqe_size))
		die("munmap", "io_uring");
	close_file(ring, "io_uring");
	return 0;
}

static int do_kinds(const char *file)
{
	int fd = open_file(file, O_RDWR | O_CREAT);
	make_page(fd, file);

	int sfd = open_file(file, O_WRONLY | O_SYNC);
	for (int i = 0; i < 5; i++)
		dirty(sfd, file);
	close_file(sfd, file);

	struct iovec iov = { "sync", 4 };
	for (int i = 0; i < 3; i++)
		if (pwritev2(fd, &iov, 1, i, RWF_DSYNC) != 4)
			die("pwritev2 RWF_DSYNC", file);
	for (int i = 0; i < 2; i++)
		if (pwritev2(fd, &iov, 1, i, RWF_SYNC) != 4)
			die("pwritev2 RWF_SYNC", file);
	for (int i = 0; i < 7; i++) {
		dirty(fd, file);
		if (sync_file_range(fd, 0, PAGE, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER))
			die("sync_file_range", file);
	}
	for (int i = 0; i < 2; i++) {
		dirty(fd, file);
		if (syncfs(fd))
			die("syncfs", file);
	}
	for (int i = 0; i < 2; i++) {
		dirty(fd, file);
		sync();
	}
	uring(fd, file, IORING_OP_FSYNC, 11);
	close_file(fd, file);
	return 0;
}

static int do_uring(const char *file)
{
	int fd = open_file(file, O_RDWR | O_CREAT);
	make_page(fd, file);
	if (!uring(fd, file, IORING_OP_READ, 97))
		uring(fd, file, IORING_OP_WRITE, 101);
	close_file(fd, file);
	return 0;
}

static void times(long count, ssize_t (*call)(int fd, char *page), int fd, const char *name)
{
	char page[PAGE];
	memset(page, 'w', sizeof page);
	for (long i = 0; i < count; i++)
		if (call(fd, page) != PAGE)
			die(name, "a page");
}

static struct iovec vector(char *page)
{
	return (struct iovec){ page, PAGE };
}

static ssize_t one_read(int fd, char *page) { return lseek(fd, 0, SEEK_SET) ? -1 : read(fd, page, PAGE); }
static ssize_t one_pread(int fd, char *page) { return pread(fd, page, PAGE, 0); }
static ssize_t one_readv(int fd, char *page)
{
	struct iovec iov = vector(page);
	return lseek(fd, 0, SEEK_SET) ? -1 : readv(fd, &iov, 1);
}
static ssize_t one_preadv(int fd, char *page) { struct iovec iov = vector(page); return preadv(fd, &iov, 1, 0); }
static ssize_t one_preadv2(int fd, char *page) { struct iovec iov = vector(page); return preadv2(fd, &iov, 1, 0, 0); }
static ssize_t one_write(int fd, char *page) { return lseek(fd, 0, SEEK_SET) ? -1 : write(fd, page, PAGE); }
static ssize_t one_pwrite(int fd, char *page) { return pwrite(fd, page, PAGE, 0); }
static ssize_t one_writev(int fd, char *page)
{
	struct iovec iov = vector(page);
	return lseek(fd, 0, SEEK_SET) ? -1 : writev(fd, &iov, 1);
}
static ssize_t one_pwritev(int fd, char *page) { struct iovec iov = vector(page); return pwritev(fd, &iov, 1, 0); }
static ssize_t one_pwritev2(int fd, char *page) { struct iovec iov = vector(page); return pwritev2(fd, &iov, 1, 0, 0); }

/*
 * Every way to read and write a page of FILE, and the same calls on what is no file. FILE.in: 23 read, 29 pread,
 * 31 readv, 37 preadv, 41 preadv2, 43 sendfile, 47 splice, 53 copy_file_range; FILE.out: 59 write, 61 pwrite,
 * 67 writev, 71 pwritev, 73 pwritev2, 47 splice, 53 copy_file_range.
 */
static int do_rw(const char *file)
{
	char in_name[PAGE], out_name[PAGE];
	snprintf(in_name, sizeof in_name, "%s.in", file);
	snprintf(out_name, sizeof out_name, "%s.out", file);
	int made = open_file(in_name, O_WRONLY | O_CREAT);
	make_page(made, in_name);
	close_file(made, in_name);
	int in = open_file(in_name, O_RDONLY), out = open_file(out_name, O_RDWR | O_CREAT);
	int zero = open_file("/dev/zero", O_RDONLY), null = open_file("/dev/null", O_WRONLY);
	int pipes[2], sockets[2];
	if (pipe(pipes) || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
		die("pipe, socketpair", file);

	times(23, one_read, in, "read");
	times(29, one_pread, in, "pread");
	times(31, one_readv, in, "readv");
	times(37, one_preadv, in, "preadv");
	times(41, one_preadv2, in, "preadv2");
	times(59, one_write, out, "write");
	times(61, one_pwrite, out, "pwrite");
	times(67, one_writev, out, "writev");
	times(71, one_pwritev, out, "pwritev");
	times(73, one_pwritev2, out, "pwritev2");
	char page[PAGE];
	for (int i = 0; i < 43; i++) {
		off_t at = 0;
		if (sendfile(sockets[0], in, &at, PAGE) != PAGE || recv(sockets[1], page, PAGE, MSG_WAITALL) != PAGE)
			die("sendfile", in_name);
	}
	for (int i = 0; i < 47; i++) {
		off_t from = 0, to = 0;
		if (splice(in, &from, pipes[1], NULL, PAGE, 0) != PAGE || splice(pipes[0], NULL, out, &to, PAGE, 0) != PAGE)
			die("splice", in_name);
	}
	for (int i = 0; i < 53; i++) {
		off_t from = 0, to = 0;
		if (copy_file_range(in, &from, out, &to, PAGE, 0) != PAGE)
			die("copy_file_range", in_name);
	}
	for (int i = 0; i < 1009; i++)
		if (read(zero, page, 1) != 1 || write(null, page, 1) != 1 || write(sockets[0], page, 1) != 1 ||
		    read(sockets[1], page, 1) != 1 || write(pipes[1], page, 1) != 1 || read(pipes[0], page, 1) != 1)
			die("read, write", "what is no file");
	close_file(in, in_name);
	close_file(out, out_name);
	return 0;
}

/* 59 times sendfile of a page of FILE, 61 times of what is no file. */
static int do_sendfile(const char *file)
{
	int made = open_file(file, O_WRONLY | O_CREAT);
	make_page(made, file);
	close_file(made, file);
	int in = open_file(file, O_RDONLY), zero = open_file("/dev/zero", O_RDONLY);
	int sockets[2];
	char page[PAGE];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets))
		die("socketpair", file);
	for (int i = 0; i < 59 + 61; i++) {
		off_t at = 0;
		if (sendfile(sockets[0], i < 59 ? in : zero, &at, PAGE) != PAGE ||
		    recv(sockets[1], page, PAGE, MSG_WAITALL) != PAGE)
			die("sendfile", i < 59 ? file : "/dev/zero");
	}
	close_file(in, file);
	return 0;
}

/* FILE is opened and closed 83 times; 89 opens of what is not there fail. */
static int do_opens(const char *file)
{
	close_file(open_file(file, O_WRONLY | O_CREAT), file);
	for (int i = 1; i < 83; i++)
		close_file(open_file(file, O_RDONLY), file);
	char missing[PAGE];
	snprintf(missing, sizeof missing, "%s.missing", file);
	for (int i = 0; i < 89; i++)
		if (open(missing, O_RDONLY) >= 0 || errno != ENOENT)
			die("open", missing);
	return 0;
}

static pthread_barrier_t barrier;
static const char *thread_prefix;
static long thread_fsyncs;

static void *thread_main(void *arg)
{
	char file[PAGE];
	snprintf(file, sizeof file, "%s.%ld", thread_prefix, (long)(intptr_t)arg);
	int fd = open_file(file, O_RDWR | O_CREAT);
	pthread_barrier_wait(&barrier);
	for (long i = 0; i < thread_fsyncs; i++) {
		dirty(fd, file);
		if (fsync(fd))
			die("fsync", file);
	}
	close_file(fd, file);
	return NULL;
}

static int do_threads(const char *prefix, long count, long fsyncs)
{
	pthread_t *threads = calloc(count, sizeof *threads);
	if (!threads)
		die("calloc", prefix);
	thread_prefix = prefix;
	thread_fsyncs = fsyncs;
	if ((errno = pthread_barrier_init(&barrier, NULL, count)))
		die("pthread_barrier_init", prefix);
	for (long i = 0; i < count; i++)
		if ((errno = pthread_create(&threads[i], NULL, thread_main, (void *)(intptr_t)i)))
			die("pthread_create", prefix);
	for (long i = 0; i < count; i++)
		if ((errno = pthread_join(threads[i], NULL)))
			die("pthread_join", prefix);
	free(threads);
	return 0;
}

/* Opening for writing is what copies a lower file up; no fsync, so that every one seen is overlayfs's own. */
static int do_copyup(char **files)
{
	for (; *files; files++) {
		int fd = open_file(*files, O_WRONLY | O_APPEND);
		if (write(fd, "!", 1) != 1)
			die("write", *files);
		close_file(fd, *files);
	}
	return 0;
}

static size_t block_size(const char *text)
{
	long block = text ? number(text) : PAGE;
	if (block == 0 || block % PAGE) {
		fprintf(stderr, "workload: the block size must be a multiple of %d\n", PAGE);
		exit(2);
	}
	return block;
}

static char *block_buffer(size_t block)
{
	void *buffer;
	if ((errno = posix_memalign(&buffer, PAGE, block)))
		die("posix_memalign", "buffer");
	memset(buffer, 'w', block);
	return buffer;
}

/* Keeps what lies beyond BYTES (no O_TRUNC), and syncs nothing. */
static int do_write(const char *file, long bytes, const char *mode, size_t block)
{
	int direct = !strcmp(mode, "direct"), mapped = !strcmp(mode, "mmap");
	if (direct && bytes % PAGE) {
		fprintf(stderr, "workload: direct writes need a multiple of %d bytes\n", PAGE);
		exit(2);
	}
	char *buffer = block_buffer(block);
	int fd = open_file(file, O_RDWR | O_CREAT | (direct ? O_DIRECT : 0));
	char *map = NULL;
	if (mapped) {
		struct stat st;
		if (fstat(fd, &st))
			die("fstat", file);
		if (st.st_size < bytes && ftruncate(fd, bytes))
			die("ftruncate", file);
		if (bytes && (map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) == MAP_FAILED)
			die("mmap", file);
	}
	for (long at = 0; at < bytes; at += block) {
		size_t length = bytes - at < (long)block ? (size_t)(bytes - at) : block;
		if (mapped)
			memcpy(map + at, buffer, length);
		else if (pwrite(fd, buffer, length, at) != (ssize_t)length)
			die("pwrite", file);
	}
	if (map && munmap(map, bytes))
		die("munmap", file);
	close_file(fd, file);
	free(buffer);
	printf("wrote %ld bytes\n", bytes);
	return 0;
}

static int do_read(const char *file, const char *mode, size_t block)
{
	char *buffer = block_buffer(block);
	int fd = open_file(file, O_RDONLY | (strcmp(mode, "direct") ? 0 : O_DIRECT));
	long bytes = 0;
	ssize_t got;
	while ((got = pread(fd, buffer, block, bytes)) > 0)
		bytes += got;
	if (got < 0)
		die("pread", file);
	close_file(fd, file);
	free(buffer);
	printf("read %ld bytes\n", bytes);
	return 0;
}

static int do_hostile(const char *dir)
{
	char longest[256];
	memset(longest, 'n', 255);
	longest[255] = 0;
	const char *names[] = {
		"quote\"", "back\\slash", "new\nline", "tab\t", "soh\x01", "us\x1f", "del\x7f",
		"invalid\xff\xfe", "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", longest, "\",\"", "}]}\n{\"type\":\"map\"",
	};
	size_t count = sizeof names / sizeof *names;
	if (prctl(PR_SET_NAME, "a\"\\\n\x01\xff"))
		die("prctl", "PR_SET_NAME");
	int dfd = open_file(dir, O_RDONLY | O_DIRECTORY);
	for (size_t i = 0; i < count; i++) {
		int fd = openat(dfd, names[i], O_RDWR | O_CREAT, 0644);
		if (fd < 0)
			die("openat", names[i]);
		dirty(fd, names[i]);
		if (fsync(fd))
			die("fsync", names[i]);
		close_file(fd, names[i]);
	}
	close_file(dfd, dir);
	printf("%zu files\n", count);
	return 0;
}

static int do_hold(long seconds)
{
	unsigned left = (unsigned)seconds;
	while (left)
		left = sleep(left);
	return 0;
}

static int usage(void)
{
	fputs("usage: workload sync FILE FSYNC FDATASYNC ODSYNC MSYNC\n"
	      "       workload kinds FILE      O_SYNC 5, RWF_DSYNC 3, RWF_SYNC 2, sync_file_range 7,\n"
	      "                                syncfs 2, sync 2, io_uring fsync 11\n"
	      "       workload threads FILE_PREFIX THREADS FSYNCS\n"
	      "       workload copyup FILE...\n"
	      "       workload write FILE BYTES [direct|buffered|mmap] [BLOCK_BYTES]\n"
	      "       workload read FILE [direct|buffered] [BLOCK_BYTES]\n"
	      "       workload rw FILE         every way to read and write, prime counts (see do_rw)\n"
	      "       workload opens FILE      83 opens and closes, 89 opens that fail\n"
	      "       workload sendfile FILE   59 of a page of FILE, 61 of /dev/zero\n"
	      "       workload uring FILE      97 reads, 101 writes of a page by io_uring\n"
	      "       workload hostile DIR\n"
	      "       workload hold SECONDS\n", stderr);
	return 2;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return usage();
	const char *what = argv[1], *file = argv[2];
	if (!strcmp(what, "sync") && argc == 7)
		return do_sync(file, number(argv[3]), number(argv[4]), number(argv[5]), number(argv[6]));
	if (!strcmp(what, "kinds") && argc == 3)
		return do_kinds(file);
	if (!strcmp(what, "threads") && argc == 5 && number(argv[3]) > 0)
		return do_threads(file, number(argv[3]), number(argv[4]));
	if (!strcmp(what, "copyup"))
		return do_copyup(argv + 2);
	if (!strcmp(what, "write") && argc >= 4 && argc <= 6) {
		const char *mode = argc > 4 ? argv[4] : "buffered";
		if (!strcmp(mode, "buffered") || !strcmp(mode, "direct") || !strcmp(mode, "mmap"))
			return do_write(file, number(argv[3]), mode, block_size(argc > 5 ? argv[5] : NULL));
	}
	if (!strcmp(what, "read") && argc >= 3 && argc <= 5) {
		const char *mode = argc > 3 ? argv[3] : "buffered";
		if (!strcmp(mode, "buffered") || !strcmp(mode, "direct"))
			return do_read(file, mode, block_size(argc > 4 ? argv[4] : NULL));
	}
	if (!strcmp(what, "rw") && argc == 3)
		return do_rw(file);
	if (!strcmp(what, "opens") && argc == 3)
		return do_opens(file);
	if (!strcmp(what, "sendfile") && argc == 3)
		return do_sendfile(file);
	if (!strcmp(what, "uring") && argc == 3)
		return do_uring(file);
	if (!strcmp(what, "hostile") && argc == 3)
		return do_hostile(file);
	if (!strcmp(what, "hold") && argc == 3)
		return do_hold(number(file));
	return usage();
}
