// Loads .properties files with Java's own reader, the one that ArcSight uses, and prints every entry as a line of JSON.
// Run: java LoadProperties.java FILE...

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import java.util.TreeSet;

public final class LoadProperties {
    private LoadProperties() {
    }

    public static void main(String[] files) throws IOException {
        if (files.length == 0) {
            System.err.println("usage: java LoadProperties.java FILE...");
            System.exit(2);
        }
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String file : files) {
            Properties properties = new Properties();
            // A byte stream, not a reader: this is what makes the format ISO-8859-1.
            try (InputStream in = new FileInputStream(file)) {
                properties.load(in);
            } catch (IllegalArgumentException malformed) {
                System.err.println(file + ": " + malformed.getMessage());
                System.exit(1);
            }
            for (String key : new TreeSet<>(properties.stringPropertyNames())) {
                out.println("{\"file\":" + json(file) + ",\"key\":" + json(key) + ",\"value\":"
                        + json(properties.getProperty(key)) + "}");
            }
        }
    }

    private static String json(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char unit = text.charAt(i);
            if (unit == '"' || unit == '\\') {
                json.append('\\').append(unit);
            } else if (unit < ' ' || unit > '~') {
                json.append(String.format("\\u%04x", (int) unit));
            } else {
                json.append(unit);
            }
        }
        return json.append('"').toString();
    }
}
