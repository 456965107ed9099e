// A file system that answers until it is told not to: mounts one directory with the file "f", and after SIGUSR1 leaves
// every request waiting. Ends by itself after 90 s, which frees whoever waits.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static volatile sig_atomic_t is_hanging;
static void hang(int signal) { (void)signal, is_hanging = 1; }

static int device;

static void answer(uint64_t unique, int error, const void *body, size_t size) {
  char out[4096];
  struct fuse_out_header header = {.len = sizeof header + size, .error = error, .unique = unique};
  memcpy(out, &header, sizeof header);
  if (size > 0) memcpy(out + sizeof header, body, size);
  if (write(device, out, sizeof header + size) < 0) perror("answer");
}

static struct fuse_attr attributes(uint64_t node) {
  struct fuse_attr file = {.ino = node, .size = 65536, .blocks = 128, .mode = S_IFREG | 0644, .nlink = 1};
  struct fuse_attr folder = {.ino = node, .mode = S_IFDIR | 0755, .nlink = 2};
  return node == FUSE_ROOT_ID ? folder : file;
}

static void serve(const struct fuse_in_header *in, const void *body) {
  switch (in->opcode) {
    case FUSE_INIT: {
      struct fuse_init_out out = {.major = 7, .minor = 31, .max_write = 4096};
      return answer(in->unique, 0, &out, sizeof out);
    }
    case FUSE_LOOKUP: {
      if (strcmp(body, "f") != 0) return answer(in->unique, -ENOENT, NULL, 0);
      struct fuse_entry_out out = {.nodeid = 2, .attr = attributes(2)};
      return answer(in->unique, 0, &out, sizeof out);
    }
    case FUSE_GETATTR: {
      struct fuse_attr_out out = {.attr = attributes(in->nodeid)};
      return answer(in->unique, 0, &out, sizeof out);
    }
    case FUSE_OPEN:
    case FUSE_OPENDIR: {
      struct fuse_open_out out = {.fh = 1};
      return answer(in->unique, 0, &out, sizeof out);
    }
    case FUSE_UNLINK:
    case FUSE_RELEASE:
    case FUSE_FLUSH:
      return answer(in->unique, 0, NULL, 0);
    case FUSE_FORGET:
      return;
    default:
      return answer(in->unique, -ENOSYS, NULL, 0);
  }
}

int main(int count, char **words) {
  if (count != 2) return 2;
  signal(SIGUSR1, hang);
  alarm(90);
  device = open("/dev/fuse", O_RDWR);
  char options[100];
  snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
  if (device < 0 || mount("hanging", words[1], "fuse", 0, options) != 0) return perror("mount"), 1;
  puts("mounted");
  fflush(stdout);
  static char request[1 << 17];
  while (!is_hanging) {
    if (read(device, request, sizeof request) > 0)
      serve((struct fuse_in_header *)request, request + sizeof(struct fuse_in_header));
  }
  puts("hanging");
  fflush(stdout);
  for (;;) pause();
}
