package io.marllb.bench.chart;

/**
 * How a line, bar or box looks. Colours come from one palette that colour-blind readers can tell apart (Okabe and Ito, jfly.uni-koeln.de/color);
 * references are drawn in ink and dashed, so that they never compete for a colour, and whatever is only context is thin and grey.
 */
public enum Style {
    /** Blue. */
    COLOUR_1("c1", 0x0072B2),
    /** Vermilion. */
    COLOUR_2("c2", 0xD55E00),
    /** Bluish green. */
    COLOUR_3("c3", 0x009E73),
    /** Reddish purple, somewhat darker than the original for contrast on white. */
    COLOUR_4("c4", 0xB9558F),
    /** Orange. */
    COLOUR_5("c5", 0xE69F00),
    /** Sky blue. */
    COLOUR_6("c6", 0x56B4E9),
    /** A reference: ink, dashed. */
    REFERENCE_1("r1", 0x2B2F36, 7, 4),
    /** A second reference: ink, dotted. */
    REFERENCE_2("r2", 0x2B2F36, 2, 3),
    /** Context: thin and grey. */
    QUIET("quiet", 0xB4B9C2),
    /** The weakest of up to four steps. */
    STEP_1("s1", 0xE08A00),
    /** The second step. */
    STEP_2("s2", 0x2F9E8F),
    /** The third step. */
    STEP_3("s3", 0x2F6DB5),
    /** The strongest step. */
    STEP_4("s4", 0x54278F);

    private static final Style[] COLOURS = {COLOUR_1, COLOUR_2, COLOUR_3, COLOUR_4, COLOUR_5, COLOUR_6};

    private final String cssClass;
    private final int rgb;

    @SuppressWarnings("ImmutableEnumChecker") // written by the constructor only, and never handed out
    private final float[] dash;

    Style(String cssClass, int rgb, float... dash) {
        this.cssClass = cssClass;
        this.rgb = rgb;
        this.dash = dash;
    }

    /** Number of colours for things that are compared. */
    public static final int COLOUR_COUNT = COLOURS.length;

    /**
     * A colour of the palette.
     *
     * @param i index in {@code [0, COLOUR_COUNT)}
     * @return the style
     */
    public static Style colour(int i) {
        return COLOURS[i];
    }

    /**
     * A step of a scale from weak to strong.
     *
     * @param i index in {@code [0, count)}, 0 is the weakest
     * @param count number of steps, 1 to 4
     * @return the style
     */
    public static Style step(int i, int count) {
        Style[][] scales = {{STEP_3}, {STEP_1, STEP_4}, {STEP_1, STEP_2, STEP_4}, {STEP_1, STEP_2, STEP_3, STEP_4}};
        return scales[count - 1][i];
    }

    /**
     * The class in pages, whose colour a style sheet sets.
     *
     * @return CSS class
     */
    public String cssClass() {
        return cssClass;
    }

    int rgb() {
        return rgb;
    }

    float[] dash() {
        return dash.clone();
    }
}
