/* SPDX-License-Identifier: Apache-2.0 */
#include "shm.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define SERVERS 5
#define RECORDS 50000

static const struct marllb_shm_spec SPEC = {
	.servers = SERVERS, .cores = 2, .balancers = 3, .interval_nanos = 250000000
};

static char folder[] = "/tmp/marllb-shm-XXXXXX";
static char path[64];
static char error[MARLLB_SHM_ERROR_SIZE];

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/lb", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

/* A record each word of which follows from s, so that a mixture of two shows. */
static void
fill_out(struct marllb_msg_out *m, uint64_t s)
{
	m->time_nanos = s;
	m->rx_packets = s * 3;
	m->stage = s % 3;
	for (uint32_t j = 0; j < SERVERS; j++) {
		m->server[j].state = MARLLB_SERVER_STATE_ACTIVE;
		m->server[j].started = s * 5 + j;
		m->server[j].static_weight = (double)(s & 0xffff);
		for (unsigned int k = 0; k < 5; k++)
			m->server[j].fct[k] = m->server[j].duration[k] = (double)(s + k);
	}
}

static void
fill_in(struct marllb_msg_in *m, uint64_t s)
{
	m->time_nanos = s;
	m->answers = s * 3;
	m->rule = MARLLB_RULE_TWO_CHOICES;
	m->choices = 2;
	m->bias_scale = m->bias_offset = m->exponent = 1;
	m->vpp_ties = 0;
	for (uint32_t j = 0; j < SERVERS; j++) {
		m->weight[j] = (double)(s + j);
		m->state[j] = MARLLB_SERVER_STATE_ACTIVE;
		m->generation[j] = (uint32_t)s + j;
		m->cells[j].threshold = s & 0xffffffff;
		m->cells[j].alias = (uint32_t)((s + j) % SERVERS);
	}
}

static bool
is_out(const struct marllb_msg_out *m, uint64_t s)
{
	bool same = m->time_nanos == s && m->rx_packets == s * 3 && m->stage == s % 3;

	for (uint32_t j = 0; j < SERVERS; j++)
		same = same && m->server[j].started == s * 5 + j &&
		       m->server[j].duration[4] == (double)(s + 4);
	return same;
}

static bool
is_in(const struct marllb_msg_in *m, uint64_t s)
{
	bool same = m->time_nanos == s && m->answers == s * 3;

	for (uint32_t j = 0; j < SERVERS; j++)
		same = same && m->weight[j] == (double)(s + j) &&
		       m->generation[j] == (uint32_t)s + j &&
		       m->cells[j].alias == (uint32_t)((s + j) % SERVERS);
	return same;
}

static void
both_sides(struct marllb_shm *dataplane, struct marllb_shm *controller)
{
	check(marllb_shm_in_memory(dataplane, controller, &SPEC, error) == 0, "%s", error);
}

static void
close_both(struct marllb_shm *dataplane, struct marllb_shm *controller)
{
	marllb_shm_close(controller);
	marllb_shm_close(dataplane);
}

static struct marllb_shm dataplane, controller;
static struct marllb_msg_out out, out_read;
static struct marllb_msg_in in, in_read;

static void
readers_see_the_newest_and_nothing_twice(void **state)
{
	(void)state;
	both_sides(&dataplane, &controller);
	assert_int_equal(marllb_shm_read_out(&controller, &out_read),
			 MARLLB_READING_NEVER_PUBLISHED);
	for (uint64_t s = 1; s <= 20; s++) {
		fill_out(&out, s);
		assert_int_equal(marllb_shm_publish_out(&dataplane, &out), s);
		fill_in(&in, s);
		assert_int_equal(marllb_shm_publish_in(&controller, &in), s);
		if (s % 3 == 0) {
			assert_int_equal(marllb_shm_read_out(&controller, &out_read),
					 MARLLB_READING_FRESH);
			assert_true(is_out(&out_read, s) && out_read.sequence == s);
			assert_int_equal(marllb_shm_read_in(&dataplane, &in_read),
					 MARLLB_READING_FRESH);
			assert_true(is_in(&in_read, s) && in_read.sequence == s);
			assert_int_equal(marllb_shm_read_in(&dataplane, &in_read),
					 MARLLB_READING_NOTHING_NEW);
		}
	}
	close_both(&dataplane, &controller);
}

/* What a reader says of a record that is sealed, but has this in it. */
static void
refuses(enum marllb_reading why)
{
	struct marllb_msg_in before = in_read;

	marllb_shm_publish_in(&controller, &in);
	assert_int_equal(marllb_shm_read_in(&dataplane, &in_read), why);
	assert_memory_equal(&before, &in_read, sizeof(before));
	assert_int_equal(marllb_shm_read_in(&dataplane, &in_read), MARLLB_READING_NOTHING_NEW);
	fill_in(&in, 1);
}

static void
bad_records_are_refused_with_the_reason_and_the_last_good_one_stays(void **state)
{
	(void)state;
	both_sides(&dataplane, &controller);
	fill_in(&in, 1);
	marllb_shm_publish_in(&controller, &in);
	assert_int_equal(marllb_shm_read_in(&dataplane, &in_read), MARLLB_READING_FRESH);
	in.rule = MARLLB_RULE_COUNT;
	refuses(MARLLB_READING_RULE);
	in.choices = SERVERS + 1;
	refuses(MARLLB_READING_CHOICES);
	in.exponent = NAN;
	refuses(MARLLB_READING_KEY);
	in.vpp_ties = 2;
	refuses(MARLLB_READING_TIES);
	in.weight[4] = -1;
	refuses(MARLLB_READING_WEIGHT);
	in.weight[0] = INFINITY;
	refuses(MARLLB_READING_WEIGHT);
	in.weight[0] = in.weight[1] = 1.7e308;
	refuses(MARLLB_READING_WEIGHT);
	in.state[2] = MARLLB_SERVER_STATE_COUNT;
	refuses(MARLLB_READING_STATE);
	in.cells[2].alias = SERVERS;
	refuses(MARLLB_READING_CELL);
	in.cells[2].threshold = (UINT64_C(1) << 32) + 1;
	refuses(MARLLB_READING_CELL);
	marllb_shm_publish_in(&controller, &in);
	dataplane.segment->msg_in[in.sequence % MARLLB_RING].choices ^= 1;
	assert_int_equal(marllb_shm_read_in(&dataplane, &in_read), MARLLB_READING_CHECKSUM);
	dataplane.segment->controller_beat.latest_msg_in++;
	assert_int_equal(marllb_shm_read_in(&dataplane, &in_read), MARLLB_READING_SEQUENCE);
	dataplane.segment->controller_beat.latest_msg_in = 0;
	assert_int_equal(marllb_shm_read_in(&dataplane, &in_read), MARLLB_READING_BACKWARDS);
	assert_int_equal(marllb_shm_refusals(&dataplane), 13);
	marllb_shm_publish_in(&controller, &in);
	assert_int_equal(marllb_shm_read_in(&dataplane, &in_read), MARLLB_READING_FRESH);
	close_both(&dataplane, &controller);
}

static void
rings_keep_order_and_refuse_when_full(void **state)
{
	struct marllb_command command = { .kind = MARLLB_COMMAND_KIND_DRAIN };
	struct marllb_event event = { .kind = MARLLB_EVENT_KIND_COMMAND_DONE };

	(void)state;
	both_sides(&dataplane, &controller);
	for (uint64_t n = 1; n <= MARLLB_COMMANDS; n++)
		assert_int_equal(marllb_shm_write_command(&controller, &command), n);
	assert_int_equal(marllb_shm_write_command(&controller, &command), 0);
	for (uint64_t n = 1; n <= MARLLB_COMMANDS; n++) {
		assert_int_equal(marllb_shm_take_command(&dataplane, &command),
				 MARLLB_READING_FRESH);
		assert_int_equal(command.sequence, n);
	}
	assert_int_equal(marllb_shm_take_command(&dataplane, &command), MARLLB_READING_NOTHING_NEW);
	event.server = SERVERS;
	marllb_shm_write_event(&dataplane, &event);
	event.server = 0;
	event.detail = MARLLB_COMMAND_RESULT_COUNT;
	marllb_shm_write_event(&dataplane, &event);
	event.detail = MARLLB_COMMAND_RESULT_UNSUPPORTED;
	marllb_shm_write_event(&dataplane, &event);
	assert_int_equal(marllb_shm_take_event(&controller, &event), MARLLB_READING_SLOT);
	assert_int_equal(marllb_shm_take_event(&controller, &event), MARLLB_READING_KIND);
	assert_int_equal(marllb_shm_take_event(&controller, &event), MARLLB_READING_FRESH);
	assert_int_equal(event.sequence, 3);
	dataplane.segment->dataplane_beat.events_written = UINT64_C(1) << 40;
	assert_int_equal(marllb_shm_take_event(&controller, &event), MARLLB_READING_CURSOR);
	assert_int_equal(marllb_shm_take_event(&controller, &event), MARLLB_READING_NOTHING_NEW);
	close_both(&dataplane, &controller);
}

static void *
run_dataplane(void *unused)
{
	static struct marllb_msg_out mine;
	static struct marllb_msg_in theirs;
	uintptr_t bad = 0;

	(void)unused;
	for (uint64_t s = 1; s <= RECORDS; s++) {
		struct marllb_event event = { .kind = MARLLB_EVENT_KIND_FLOW_END, .value = s };

		fill_out(&mine, s);
		marllb_shm_publish_out(&dataplane, &mine);
		while (marllb_shm_write_event(&dataplane, &event) == 0)
			sched_yield();
		if (marllb_shm_read_in(&dataplane, &theirs) == MARLLB_READING_FRESH)
			bad += !is_in(&theirs, theirs.sequence);
		marllb_shm_beat(&dataplane, s);
	}
	return (void *)(bad + marllb_shm_refusals(&dataplane)); /* NOLINT: a count, not a place */
}

/* Under the thread sanitizer this is the proof that nothing is read without order. */
static void
two_threads_see_whole_records_and_every_event(void **state)
{
	uint64_t last = 0, taken = 0, bad = 0;
	struct marllb_event event;
	pthread_t thread;
	void *result;

	(void)state;
	both_sides(&dataplane, &controller);
	assert_int_equal(pthread_create(&thread, NULL, run_dataplane, NULL), 0);
	while (last < RECORDS || taken < RECORDS) {
		if (marllb_shm_read_out(&controller, &out_read) == MARLLB_READING_FRESH) {
			bad += !is_out(&out_read, out_read.sequence) || out_read.sequence <= last;
			last = out_read.sequence;
		}
		while (marllb_shm_take_event(&controller, &event) == MARLLB_READING_FRESH)
			bad += event.value != ++taken;
		fill_in(&in, controller.written + 1);
		marllb_shm_publish_in(&controller, &in);
	}
	pthread_join(thread, &result);
	assert_null(result);
	assert_int_equal(bad + marllb_shm_refusals(&controller) + controller.entries_refused, 0);
	assert_int_equal(marllb_shm_peer_beat(&controller), RECORDS);
	close_both(&dataplane, &controller);
}

static void
a_file_is_for_its_owner_and_goes_with_him(void **state)
{
	struct stat file;

	(void)state;
	umask(0);
	check(marllb_shm_create(&dataplane, path, &SPEC, error) == 0, "%s", error);
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_mode & 07777, 0600);
	assert_int_equal(file.st_size, sizeof(struct marllb_segment));
	assert_int_equal(file.st_nlink, 1);
	check(marllb_shm_attach(&controller, path, error) == 0, "%s", error);
	assert_int_equal(controller.servers, SERVERS);
	assert_true(marllb_shm_peer_beat(&controller) > 0); /* it does not look as if it hung */
	fill_out(&out, 1);
	marllb_shm_publish_out(&dataplane, &out);
	assert_int_equal(marllb_shm_read_out(&controller, &out_read), MARLLB_READING_FRESH);
	assert_false(marllb_shm_replaced(&controller));
	marllb_shm_close(&dataplane);
	assert_true(marllb_shm_replaced(&controller));
	marllb_shm_close(&controller);
	assert_int_equal(access(path, F_OK), -1);
}

static void
a_live_owner_is_refused(void **state)
{
	struct marllb_shm second;

	(void)state;
	check(marllb_shm_create(&dataplane, path, &SPEC, error) == 0, "%s", error);
	assert_int_equal(marllb_shm_create(&second, path, &SPEC, error), -1);
	assert_non_null(strstr(error, "belongs to a live data plane, pid "));
	check(marllb_shm_attach(&controller, path, error) == 0, "%s", error);
	assert_int_equal(marllb_shm_attach(&second, path, error), -1);
	assert_non_null(strstr(error, "another controller, pid "));
	marllb_shm_close(&second); /* closed already: nothing */
	close_both(&dataplane, &controller);
}

static void
what_dead_ones_left_is_taken_over(void **state)
{
	struct marllb_shm next;

	(void)state;
	check(marllb_shm_create(&dataplane, path, &SPEC, error) == 0, "%s", error);
	check(marllb_shm_attach(&controller, path, error) == 0, "%s", error);
	marllb_shm_publish_in(&controller, &in);
	dataplane.segment->header.controller_start++;
	check(marllb_shm_attach(&next, path, error) == 0, "%s", error);
	assert_int_equal(marllb_shm_publish_in(&next, &in), 2);
	marllb_shm_close(&next);

	dataplane.segment->header.dataplane_start++;
	check(marllb_shm_create(&next, path, &SPEC, error) == 0, "%s", error);
	assert_true(marllb_shm_replaced(&dataplane));
	close_both(&dataplane, &controller);
	assert_false(marllb_shm_replaced(&next)); /* the old one took nothing away */
	marllb_shm_close(&next);
}

static void
starts_at_once_leave_one_data_plane(void **state)
{
	int winners = 0;

	(void)state;
	for (int i = 0; i < 4; i++) {
		if (fork() == 0) {
			int made = marllb_shm_create(&dataplane, path, &SPEC, error);

			/* The parent collects us after all have tried; so the winner stays alive.
			 */
			if (made == 0)
				pause();
			_exit(1);
		}
	}
	for (int losers = 0; losers < 3;) {
		int status;

		assert_true(wait(&status) > 0);
		losers += WIFEXITED(status);
	}
	check(marllb_shm_attach(&controller, path, error) == 0, "%s", error);
	kill((pid_t)controller.segment->header.dataplane_pid, SIGKILL);
	while (wait(NULL) > 0)
		winners++;
	assert_int_equal(winners, 1);
	marllb_shm_close(&controller);
	check(marllb_shm_create(&dataplane, path, &SPEC, error) == 0, "%s", error);
	marllb_shm_close(&dataplane);
}

static void
a_dead_child_is_dead_before_its_parent_looks(void **state)
{
	pid_t child = fork();
	siginfo_t info;

	(void)state;
	if (child == 0)
		_exit(marllb_shm_create(&dataplane, path, &SPEC, error) != 0);
	/* It has ended, but is still there for its parent to collect. */
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	check(marllb_shm_create(&dataplane, path, &SPEC, error) == 0, "%s", error);
	marllb_shm_close(&dataplane);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void
other_files_are_refused_and_left_alone(void **state)
{
	char text[] = "this is no segment, but somebody's notes";
	char read_back[sizeof(text)] = "";
	char fifo[80];
	int fd = open(path, O_RDWR | O_CREAT, 0600);

	(void)state;
	assert_int_equal(write(fd, text, sizeof(text)), sizeof(text));
	assert_int_equal(marllb_shm_create(&dataplane, path, &SPEC, error), -1);
	assert_non_null(strstr(error, "is no segment"));
	assert_int_equal(marllb_shm_attach(&controller, path, error), -1);
	assert_non_null(strstr(error, "is no segment"));
	assert_int_equal(pread(fd, read_back, sizeof(read_back), 0), sizeof(text));
	assert_string_equal(read_back, text);
	close(fd);
	unlink(path);
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(marllb_shm_attach(&controller, fifo, error), -1);
	assert_non_null(strstr(error, "is no file"));
	unlink(fifo);
	assert_int_equal(marllb_shm_attach(&controller, path, error), -1);
	assert_non_null(strstr(error, "start the data plane first"));
	snprintf(fifo, sizeof(fifo), "%s/none/lb", folder);
	assert_int_equal(marllb_shm_create(&dataplane, fifo, &SPEC, error), -1);
	assert_non_null(strstr(error, "make its folder first"));
}

static void
another_layout_is_refused_with_both_versions(void **state)
{
	(void)state;
	check(marllb_shm_create(&dataplane, path, &SPEC, error) == 0, "%s", error);
	dataplane.segment->header.hash ^= 1;
	assert_int_equal(marllb_shm_attach(&controller, path, error), -1);
	assert_non_null(strstr(error, "has layout version 1, hash "));
	assert_non_null(strstr(error, "run data plane and controller of one release"));
	dataplane.segment->header.hash ^= 1;
	dataplane.segment->header.servers = MARLLB_SERVERS + 1;
	assert_int_equal(marllb_shm_attach(&controller, path, error), -1);
	assert_non_null(strstr(error, "is damaged"));
	marllb_shm_close(&dataplane);
}

__attribute__((format(printf, 2, 3))) static bool
write_map(const char *file, const char *format, ...)
{
	FILE *map = fopen(file, "w");
	va_list arguments;

	if (map == NULL)
		return false;
	va_start(arguments, format);
	vfprintf(map, format, arguments);
	va_end(arguments);
	return fclose(map) == 0;
}

/* In a user and mount namespace of its own, as its root. */
static bool
enter_small_disk(void)
{
	unsigned int user = geteuid(), group = getegid();

	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
	       write_map("/proc/self/setgroups", "deny") &&
	       write_map("/proc/self/uid_map", "0 %u 1", user) &&
	       write_map("/proc/self/gid_map", "0 %u 1", group) &&
	       mount("none", folder, "tmpfs", 0, "size=64k") == 0;
}

static int
create_on_a_small_disk(void)
{
	struct dirent *entry;
	DIR *files;

	if (!enter_small_disk())
		return 77;
	if (marllb_shm_create(&dataplane, path, &SPEC, error) == 0)
		return 1;
	if (strstr(error, "No space left on device; make room") == NULL) {
		fprintf(stderr, "%s\n", error);
		return 2;
	}
	files = opendir(folder);
	while ((entry = readdir(files)) != NULL) {
		if (entry->d_name[0] != '.')
			return 3;
	}
	closedir(files);
	return 0;
}

static void
a_full_disk_is_said_and_leaves_nothing(void **state)
{
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0)
		_exit(create_on_a_small_disk());
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WEXITSTATUS(status) == 77) {
		print_message(
			"needs a user and mount namespace, which this machine does not give\n");
		skip();
	}
	assert_int_equal(status, 0);
}

static void
bad_numbers_are_refused(void **state)
{
	struct marllb_shm_spec bad = SPEC;

	(void)state;
	bad.servers = 0;
	assert_int_equal(marllb_shm_create(&dataplane, path, &bad, error), -1);
	assert_string_equal(error, "servers must be in [1, 256], but was 0");
	bad.servers = 1;
	bad.interval_nanos = 0;
	assert_int_equal(marllb_shm_in_memory(&dataplane, &controller, &bad, error), -1);
	assert_non_null(strstr(error, "must be >= 1, but were 2, 3 and 0"));
}

static void
every_reading_has_its_words(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < MARLLB_READING_COUNT; i++)
		assert_non_null(marllb_shm_text(i));
	assert_string_equal(marllb_shm_text(MARLLB_READING_COUNT), "no such reading");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readers_see_the_newest_and_nothing_twice),
		cmocka_unit_test(
			bad_records_are_refused_with_the_reason_and_the_last_good_one_stays),
		cmocka_unit_test(rings_keep_order_and_refuse_when_full),
		cmocka_unit_test(two_threads_see_whole_records_and_every_event),
		cmocka_unit_test(a_file_is_for_its_owner_and_goes_with_him),
		cmocka_unit_test(a_live_owner_is_refused),
		cmocka_unit_test(what_dead_ones_left_is_taken_over),
		cmocka_unit_test(starts_at_once_leave_one_data_plane),
		cmocka_unit_test(a_dead_child_is_dead_before_its_parent_looks),
		cmocka_unit_test(other_files_are_refused_and_left_alone),
		cmocka_unit_test(another_layout_is_refused_with_both_versions),
		cmocka_unit_test(a_full_disk_is_said_and_leaves_nothing),
		cmocka_unit_test(bad_numbers_are_refused),
		cmocka_unit_test(every_reading_has_its_words),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
