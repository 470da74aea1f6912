package io.marllb.env.trace;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Rows with a time and a URL, whose class follows from the URL: a wiki page or a static file. */
abstract class UrlRows extends Rows {

    static final List<String> LABELS = List.of("wiki", "static");
    static final int PAGE = 0;
    static final int STATIC = 1;

    private int urlFrom;
    private int urlTo;

    UrlRows(LineReader in) {
        super(in);
    }

    final void setUrl(int from, int to) {
        byte[] b = in.buffer();
        if (from == to || !(b[from] == '/' || contains(from, to, "://"))) {
            throw in.error(from, to, "a URL that starts with / or http://", "");
        }
        urlFrom = from;
        urlTo = to;
    }

    final boolean contains(int from, int to, String text) {
        byte[] b = in.buffer();
        int n = text.length();
        for (int i = from; i + n <= to; i++) {
            int k = 0;
            while (k < n && b[i + k] == text.charAt(k)) {
                k++;
            }
            if (k == n) {
                return true;
            }
        }
        return false;
    }

    @Override
    List<String> labels() {
        return LABELS;
    }

    @Override
    boolean sized() {
        return false;
    }

    @Override
    String url() {
        return new String(
                in.buffer(), urlFrom, urlTo - urlFrom, StandardCharsets.ISO_8859_1); // every byte survives a copy
    }

    /** {@code SECONDS<TAB>URL}; pages are below {@code /wiki/index.php/}. */
    static final class Replay extends UrlRows {

        static final String PAGE_PATH = "/wiki/index.php/";

        Replay(LineReader in) {
            super(in);
        }

        @Override
        boolean next() {
            if (!in.next()) {
                return false;
            }
            int tab = in.find(in.start(), '\t');
            int second = tab == in.end() ? tab : in.find(tab + 1, '\t');
            if (tab == in.end() || second < in.end()) {
                throw in.error(second < in.end() ? second : in.start(), in.end(), "2 columns, SECONDS<TAB>URL", "");
            }
            at = Numbers.scaled(in, in.start(), tab, 9, "the time in seconds");
            setUrl(tab + 1, in.end());
            label = contains(tab + 1, in.end(), PAGE_PATH) ? PAGE : STATIC;
            return true;
        }
    }

    /** {@code COUNTER TIME URL FLAG}, with a time in seconds (2007) or as a date (2009 and 2010); pages are {@code /wiki/TITLE} and {@code index.php}. */
    static final class WikiBench extends UrlRows {

        private static final String RULE = "4 columns, COUNTER TIME URL FLAG, with one space between";

        WikiBench(LineReader in) {
            super(in);
        }

        @Override
        boolean next() {
            if (!in.next()) {
                return false;
            }
            int time = after(in.start());
            int url = after(time);
            int flag = after(url);
            if (in.find(flag, ' ') < in.end()) {
                throw in.error(in.find(flag, ' '), in.end(), RULE, "");
            }
            Numbers.integer(in, in.start(), time - 1, "the counter");
            at = Timestamps.isMeant(in, time, url - 1)
                    ? Timestamps.parse(in, time, url - 1)
                    : Numbers.scaled(in, time, url - 1, 9, "the time in seconds");
            setUrl(url, flag - 1);
            String save = in.text(flag, in.end());
            if (!save.equals("-") && !save.equals("save")) {
                throw in.error(flag, in.end(), "the save flag, - or save", "");
            }
            label = contains(url, flag - 1, "/wiki/") || contains(url, flag - 1, "index.php") ? PAGE : STATIC;
            return true;
        }

        /** What {@link #next} says of a URL. */
        static boolean isPage(String url) {
            return url.contains("/wiki/") || url.contains("index.php");
        }

        private int after(int from) {
            int space = in.find(from, ' ');
            if (space >= in.end()) {
                throw in.error(in.start(), in.end(), RULE, "");
            }
            return space + 1;
        }
    }
}
