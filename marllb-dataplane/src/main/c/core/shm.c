/* SPDX-License-Identifier: Apache-2.0 */
/* A segment as a file with owners: made, attached to, taken over and left; and the beats of both. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "shm_words.h"

/* A file that is another one each time we look is being fought over. */
#define FILE_ATTEMPTS 16
/* Owners change within microseconds: 2,000 pauses of 1 ms are plenty. */
#define LOCK_ATTEMPTS 2000
#define LOCK_PAUSE_NANOS 1000000

void
marllb_shm_beat(struct marllb_shm *shm, uint64_t now_nanos)
{
	struct marllb_segment *s = shm->segment;

	store(shm->dataplane ? &s->dataplane_beat.nanos : &s->controller_beat.nanos, now_nanos,
	      memory_order_release);
}

uint64_t
marllb_shm_peer_beat(const struct marllb_shm *shm)
{
	const struct marllb_segment *s = shm->segment;

	return load(shm->dataplane ? &s->controller_beat.nanos : &s->dataplane_beat.nanos,
		    memory_order_acquire);
}

/*
 * Start time of a process, clock ticks since boot: field 22 of /proc/PID/stat, proc(5). 0 = no such
 * process, or one that has ended and waits for its parent. The name, field 2, is in parentheses and
 * may hold anything.
 */
static uint64_t
process_start(uint32_t pid)
{
	char path[64], text[1024];
	char *at;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%" PRIu32 "/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	length = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return 0;
	text[length] = '\0';
	at = strrchr(text, ')');
	if (at == NULL || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X')
		return 0;
	for (int field = 2; field < 22; field++) {
		at = strchr(at + 1, ' ');
		if (at == NULL)
			return 0;
	}
	return strtoull(at + 1, NULL, 10);
}

static bool
alive(uint32_t pid, uint64_t start)
{
	return pid != 0 && start != 0 && process_start(pid) == start;
}

__attribute__((format(printf, 2, 3))) static int
fail(char error[MARLLB_SHM_ERROR_SIZE], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error, MARLLB_SHM_ERROR_SIZE, format, arguments);
	va_end(arguments);
	return -1;
}

static int
fail_system(char error[MARLLB_SHM_ERROR_SIZE], const char *what, const char *path, int number)
{
	bool making = strcmp(what, "make") == 0;
	const char *hint = "";

	if (number == EACCES || number == EPERM)
		hint = making ? "; choose a folder that this user may write to, and a name that is no "
				"other user's"
			      : "; segments are for one user only: run data plane and controller as "
				"the same one";
	else if (number == ENOENT)
		hint = making ? "; make its folder first, or correct the path"
			      : "; start the data plane first, or correct the path";
	else if (number == ENOSPC)
		hint = "; make room on that file system, df shows it";
	return fail(error, "cannot %s the segment %s: %s%s", what, path, strerror(number), hint);
}

static int
fail_contested(char error[MARLLB_SHM_ERROR_SIZE], const char *path)
{
	return fail(error, "%s is replaced all the time; start one data plane per segment", path);
}

/*
 * Until the descriptor is closed, no other process changes owners or replaces the file. Locks are
 * per process and end with the first descriptor of the file that it closes, so none is kept open.
 */
static int
lock(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct timespec pause = { .tv_nsec = LOCK_PAUSE_NANOS };

	for (unsigned int attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
		if (fcntl(fd, F_SETLK, &whole) == 0)
			return 0;
		if (errno != EACCES && errno != EAGAIN && errno != EINTR)
			return -1;
		nanosleep(&pause, NULL);
	}
	errno = EDEADLK;
	return -1;
}

static bool
in_place(const char *path, const struct stat *file)
{
	struct stat now;

	return stat(path, &now) == 0 && now.st_dev == file->st_dev && now.st_ino == file->st_ino;
}

/* Opens and locks the regular file at path. Returns the descriptor, or -1 with an error and errno.
 */
static int
open_locked(const char *path, const char *what, struct stat *file,
	    char error[MARLLB_SHM_ERROR_SIZE])
{
	for (unsigned int attempt = 0; attempt < FILE_ATTEMPTS; attempt++) {
		/* Not to wait for the other end of a pipe. */
		int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

		if (fd < 0) {
			int number = errno;

			fail_system(error, what, path, number);
			errno = number;
			return -1;
		}
		if (fstat(fd, file) != 0 || !S_ISREG(file->st_mode)) {
			close(fd);
			errno = 0;
			return fail(error,
				    "%s is no file, so not a segment; give the file that the data "
				    "plane made",
				    path);
		}
		if (lock(fd) != 0) {
			int number = errno;

			close(fd);
			if (number == EDEADLK)
				fail(error,
				     "%s is locked by another process; is one stopped half-way "
				     "through its start?",
				     path);
			else
				fail_system(error, what, path, number);
			errno = 0;
			return -1;
		}
		if (in_place(path, file))
			return fd;
		close(fd);
	}
	errno = 0;
	return fail_contested(error, path);
}

/* The header, filled up with zeros where the file is shorter. */
static int
read_header(int fd, const char *path, struct marllb_header *header,
	    char error[MARLLB_SHM_ERROR_SIZE])
{
	memset(header, 0, sizeof(*header));
	if (pread(fd, header, sizeof(*header), 0) < 0)
		return fail_system(error, "read", path, errno);
	if (header->magic != MARLLB_MAGIC)
		return fail(error,
			    "%s is no segment: its first 8 bytes are not the magic number; give "
			    "the file that the "
			    "data plane made, or a path where nothing is",
			    path);
	return 0;
}

/* Checks everything that the rest relies on. */
static int
check_header(const struct marllb_header *header, off_t length, const char *path,
	     char error[MARLLB_SHM_ERROR_SIZE])
{
	if (header->version != MARLLB_LAYOUT_VERSION || header->hash != MARLLB_LAYOUT_HASH)
		return fail(error,
			    "%s has layout version %" PRIu32 ", hash %016" PRIx64
			    ", but this program has version %d, hash %016" PRIx64 "; %s",
			    path, header->version, header->hash, MARLLB_LAYOUT_VERSION,
			    MARLLB_LAYOUT_HASH,
			    alive(header->dataplane_pid, header->dataplane_start)
				    ? "run data plane and controller of one release"
				    : "its data plane is gone: delete the file, or start the data "
				      "plane of this release");
	if (header->size != sizeof(struct marllb_segment) ||
	    length != (off_t)sizeof(struct marllb_segment))
		return fail(error,
			    "%s is damaged: it has %jd bytes and says %" PRIu32
			    ", but a segment has %zu; stop its "
			    "data plane, delete the file and start again",
			    path, (intmax_t)length, header->size, sizeof(struct marllb_segment));
	if (header->servers < 1 || header->servers > MARLLB_SERVERS || header->cores < 1 ||
	    (int32_t)header->cores < 1 || (int64_t)header->balancers < 1 ||
	    (int64_t)header->interval_nanos < 1)
		return fail(error,
			    "%s is damaged: servers, cores, balancers or interval are out of "
			    "range; stop its data "
			    "plane, delete the file and start again",
			    path);
	return 0;
}

static int
check_spec(const struct marllb_shm_spec *spec, char error[MARLLB_SHM_ERROR_SIZE])
{
	if (spec->servers < 1 || spec->servers > MARLLB_SERVERS)
		return fail(error, "servers must be in [1, %d], but was %" PRIu32, MARLLB_SERVERS,
			    spec->servers);
	if ((int32_t)spec->cores < 1 || (int64_t)spec->balancers < 1 ||
	    (int64_t)spec->interval_nanos < 1)
		return fail(error,
			    "cores, balancers and interval_nanos must be >= 1, but were %" PRIu32
			    ", %" PRIu64 " and %" PRIu64,
			    spec->cores, spec->balancers, spec->interval_nanos);
	return 0;
}

static void
fill(struct marllb_segment *segment, const struct marllb_shm_spec *spec)
{
	struct marllb_header *header = &segment->header;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	header->version = MARLLB_LAYOUT_VERSION;
	header->size = sizeof(*segment);
	header->hash = MARLLB_LAYOUT_HASH;
	header->servers = spec->servers;
	header->cores = spec->cores;
	header->created_nanos = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	header->dataplane_pid = (uint32_t)getpid();
	header->dataplane_start = process_start(header->dataplane_pid);
	header->balancers = spec->balancers;
	header->interval_nanos = spec->interval_nanos;
	store(&header->magic, MARLLB_MAGIC, memory_order_release);
}

static void
opened(struct marllb_shm *shm, struct marllb_segment *segment, bool dataplane)
{
	memset(shm, 0, sizeof(*shm));
	shm->segment = segment;
	shm->servers = segment->header.servers;
	shm->dataplane = dataplane;
	if (dataplane) {
		shm->written = load(&segment->dataplane_beat.latest_msg_out, memory_order_acquire);
		shm->entries_written =
			load(&segment->dataplane_beat.events_written, memory_order_acquire);
		shm->entries_taken =
			load(&segment->dataplane_beat.commands_taken, memory_order_acquire);
	} else {
		shm->written = load(&segment->controller_beat.latest_msg_in, memory_order_acquire);
		shm->entries_written =
			load(&segment->controller_beat.commands_written, memory_order_acquire);
		shm->entries_taken =
			load(&segment->controller_beat.events_taken, memory_order_acquire);
	}
}

static struct marllb_segment *
map(int fd)
{
	void *memory = mmap(NULL, sizeof(struct marllb_segment), PROT_READ | PROT_WRITE,
			    fd < 0 ? MAP_SHARED | MAP_ANONYMOUS : MAP_SHARED, fd, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static void
controller_enters(struct marllb_header *header)
{
	/* Nobody may see the new number with the old start time. */
	store32(&header->controller_pid, 0);
	store(&header->controller_start, process_start((uint32_t)getpid()), memory_order_release);
	store32(&header->controller_pid, (uint32_t)getpid());
}

/* Replaces what a dead data plane left. Returns 1 if it was replaced, 0 to try again, -1 if
 * refused. */
static int
replace_dead(const char *fresh, const char *path, char error[MARLLB_SHM_ERROR_SIZE])
{
	struct marllb_header header;
	struct stat file;
	int result = -1;
	int fd = open_locked(path, "make", &file, error);

	if (fd < 0)
		return errno == ENOENT ? 0 : -1; /* its owner has just removed it */
	if (read_header(fd, path, &header, error) == 0) {
		if (alive(header.dataplane_pid, header.dataplane_start))
			fail(error,
			     "%s belongs to a live data plane, pid %" PRIu32
			     "; stop that one or choose another path",
			     path, header.dataplane_pid);
		else if (rename(fresh, path) != 0)
			fail_system(error, "make", path, errno);
		else
			result = 1;
	}
	close(fd);
	return result;
}

/* Of two that start at once one gets the link; what is there already is replaced under its lock. */
static int
move_in(const char *fresh, const char *path, char error[MARLLB_SHM_ERROR_SIZE])
{
	for (unsigned int attempt = 0; attempt < FILE_ATTEMPTS; attempt++) {
		int replaced;

		if (link(fresh, path) == 0)
			return 0;
		if (errno != EEXIST)
			return fail_system(error, "make", path, errno);
		replaced = replace_dead(fresh, path, error);
		if (replaced != 0)
			return replaced < 0 ? -1 : 0;
	}
	return fail_contested(error, path);
}

static int
make(struct marllb_shm *shm, const char *fresh, const char *path,
     const struct marllb_shm_spec *spec, char error[MARLLB_SHM_ERROR_SIZE])
{
	struct marllb_segment *segment = NULL;
	struct timespec now;
	struct stat file;
	int number;
	int fd;

	unlink(fresh); /* of a process of our number that died */
	fd = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_system(error, "make", path, errno);
	/* Room for each byte: a hole that cannot be filled would end us at the first store. */
	number = posix_fallocate(fd, 0, sizeof(*segment));
	if (number == 0) {
		segment = map(fd);
		if (segment == NULL || fstat(fd, &file) != 0)
			number = errno;
	}
	close(fd);
	if (number != 0) {
		fail_system(error, "make", path, number);
		goto undo;
	}
	fill(segment, spec);
	opened(shm, segment, true);
	/* Or a controller that comes before the first turn takes it for one that hangs. */
	clock_gettime(CLOCK_MONOTONIC, &now);
	marllb_shm_beat(shm, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
	shm->device = file.st_dev;
	shm->inode = file.st_ino;
	shm->path = strdup(path);
	if (shm->path == NULL) {
		fail_system(error, "make", path, ENOMEM);
		goto undo;
	}
	if (move_in(fresh, path, error) != 0)
		goto undo;
	unlink(fresh); /* the second name, where it was linked */
	return 0;

undo:
	unlink(fresh);
	if (segment != NULL)
		munmap(segment, sizeof(*segment));
	free(shm->path);
	memset(shm, 0, sizeof(*shm));
	return -1;
}

int
marllb_shm_create(struct marllb_shm *shm, const char *path, const struct marllb_shm_spec *spec,
		  char error[MARLLB_SHM_ERROR_SIZE])
{
	char *fresh;
	int result;

	memset(shm, 0, sizeof(*shm));
	if (check_spec(spec, error) != 0)
		return -1;
	if (asprintf(&fresh, "%s.%jd.tmp", path, (intmax_t)getpid()) < 0)
		return fail_system(error, "make", path, ENOMEM);
	result = make(shm, fresh, path, spec, error);
	free(fresh);
	return result;
}

int
marllb_shm_in_memory(struct marllb_shm *dataplane, struct marllb_shm *controller,
		     const struct marllb_shm_spec *spec, char error[MARLLB_SHM_ERROR_SIZE])
{
	struct marllb_segment *segment;

	memset(dataplane, 0, sizeof(*dataplane));
	memset(controller, 0, sizeof(*controller));
	if (check_spec(spec, error) != 0)
		return -1;
	segment = map(-1);
	if (segment == NULL)
		return fail_system(error, "make", "in memory", errno);
	fill(segment, spec);
	controller_enters(&segment->header);
	opened(dataplane, segment, true);
	opened(controller, segment, false);
	dataplane->anonymous = true;
	controller->anonymous = true;
	return 0;
}

int
marllb_shm_attach(struct marllb_shm *shm, const char *path, char error[MARLLB_SHM_ERROR_SIZE])
{
	struct marllb_segment *segment = NULL;
	struct marllb_header header;
	struct stat file;
	char *name;
	int fd;

	memset(shm, 0, sizeof(*shm));
	fd = open_locked(path, "attach to", &file, error);
	if (fd < 0)
		return -1;
	if (read_header(fd, path, &header, error) != 0 ||
	    check_header(&header, file.st_size, path, error) != 0)
		goto undo;
	if (alive(header.controller_pid, header.controller_start)) {
		fail(error,
		     "another controller, pid %" PRIu32
		     ", is alive and steers %s; stop that one first",
		     header.controller_pid, path);
		goto undo;
	}
	name = strdup(path);
	segment = map(fd);
	if (name == NULL || segment == NULL) {
		fail_system(error, "attach to", path, errno);
		free(name);
		goto undo;
	}
	controller_enters(&segment->header);
	close(fd);
	opened(shm, segment, false);
	shm->servers = header.servers; /* the checked one */
	shm->device = file.st_dev;
	shm->inode = file.st_ino;
	shm->path = name;
	return 0;

undo:
	if (segment != NULL)
		munmap(segment, sizeof(*segment));
	close(fd);
	return -1;
}

bool
marllb_shm_replaced(const struct marllb_shm *shm)
{
	struct stat file = { .st_dev = shm->device, .st_ino = shm->inode };

	return shm->path != NULL && !in_place(shm->path, &file);
}

void
marllb_shm_close(struct marllb_shm *shm)
{
	char error[MARLLB_SHM_ERROR_SIZE];

	if (shm->segment == NULL)
		return;
	if (shm->anonymous) {
		/* Two handles share the memory; the data plane's gives it back. */
		if (shm->dataplane)
			munmap(shm->segment, sizeof(*shm->segment));
		memset(shm, 0, sizeof(*shm));
		return;
	}
	if (shm->dataplane && !marllb_shm_replaced(shm)) {
		struct stat file;
		int fd = open_locked(shm->path, "remove", &file, error);

		if (fd >= 0) {
			if (file.st_dev == shm->device && file.st_ino == shm->inode)
				unlink(shm->path);
			close(fd);
		}
	}
	store32(shm->dataplane ? &shm->segment->header.dataplane_pid
			       : &shm->segment->header.controller_pid,
		0);
	munmap(shm->segment, sizeof(*shm->segment));
	free(shm->path);
	memset(shm, 0, sizeof(*shm));
}
