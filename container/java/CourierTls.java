import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Arrays;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * TLS in Java on what acm-courier delivered in the format keystore, as the start-up helper writes it:
 *
 * <pre>ENTRYPOINT ["courier-start", "--"]  CMD ["java", "CourierTls.java", "serve", "0.0.0.0", "8443"]</pre>
 *
 * {@link #context} is what a program of your own needs; the rest serves a greeting, or asks a URL.
 */
public final class CourierTls {
  private CourierTls() {}

  public static void main(String[] args) throws Exception {
    String directory = System.getenv().getOrDefault("COURIER_DIRECTORY", "/dev/shm/courier");
    SSLContext context = context(Path.of(directory, "current"));
    if (args.length == 3 && args[0].equals("serve")) serve(context, args[1], Integer.parseInt(args[2]));
    else if (args.length == 2 && args[0].equals("get")) System.out.println(get(context, args[1]));
    else throw new IllegalArgumentException("Usage: CourierTls serve HOST PORT | get URL");
  }

  /** Presents the key store's certificate and trusts the trust store's authorities. */
  static SSLContext context(Path current) throws GeneralSecurityException, IOException {
    char[] password = Files.readString(current.resolve("password")).toCharArray();
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(load(current.resolve("keystore.p12"), password), password);
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(load(current.resolve("truststore.p12"), password));
    Arrays.fill(password, ' ');
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  private static KeyStore load(Path file, char[] password) throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (FileInputStream in = new FileInputStream(file.toFile())) {
      store.load(in, password);
    }
    return store;
  }

  private static void serve(SSLContext context, String host, int port) throws IOException {
    HttpsServer server = HttpsServer.create(new InetSocketAddress(host, port), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.createContext(
        "/",
        exchange -> {
          byte[] greeting = "served by Java\n".getBytes();
          exchange.sendResponseHeaders(200, greeting.length);
          exchange.getResponseBody().write(greeting);
          exchange.close();
        });
    server.start();
  }

  private static String get(SSLContext context, String url) throws IOException, InterruptedException {
    HttpClient client = HttpClient.newBuilder().sslContext(context).build();
    return client.send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString()).body();
  }
}
