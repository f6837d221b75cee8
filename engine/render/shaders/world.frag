#version 330
#include common
#include dither

uniform struct { vec4 baseColor; vec4 emission; float metallic; float roughness; } p3d_Material;
uniform vec4 p3d_ColorScale;
uniform sampler2D p3d_TextureModulate[1];
uniform float u_mirror;
uniform float u_baked;
uniform float u_screen;          // 1: a video covers this, in place of its colours
uniform float u_wet;             // 1: cut at the water line
uniform float u_grain;           // 0 in tests, 1 otherwise
uniform vec3 u_gain_a;
uniform vec3 u_gain_b;
uniform vec3 u_gain_c;
uniform vec4 u_light_at[4];      // xyz, radius
uniform vec4 u_light_color[4];   // rgb intensity, range
uniform int u_light_count;
uniform float u_shadow_on;
uniform mat4 u_shadow_matrix;    // world -> shadow map 0..1
uniform sampler2D u_shadow_map;

in vec3 v_at;
in vec3 v_normal;
in vec4 v_color;
in vec4 v_bake;
in vec2 v_uv;
in float v_flicker;
out vec4 o_color;

// GGX lobe with Schlick's Fresnel and the Kelemen visibility approximation, times n.l.
vec3 specular(vec3 n, vec3 v, vec3 l, vec3 f0, float alpha2) {
    vec3 h = normalize(v + l);
    float nl = max(dot(n, l), 0.0);
    float nh = max(dot(n, h), 0.0);
    // Not above 1, where the power is undefined; not near 0, where a light behind the thing would blow up.
    float vh = clamp(dot(v, h), 0.3, 1.0);
    float d = nh * nh * (alpha2 - 1.0) + 1.0;
    float lobe = alpha2 / (3.14159 * d * d);
    vec3 f = f0 + (1.0 - f0) * pow(1.0 - vh, 5.0);
    return f * (lobe * nl / (4.0 * vh * vh) * smoothstep(-0.1, 0.2, dot(n, v)));
}

float moon_visible(vec3 at, float nl) {
    if (u_shadow_on < 0.5) return 1.0;
    vec4 s = u_shadow_matrix * vec4(at, 1.0);
    if (any(lessThan(s.xyz, vec3(0.0))) || any(greaterThan(s.xyz, vec3(1.0)))) return 1.0;
    float bias = 0.0012 + 0.004 * (1.0 - nl);
    vec2 texel = 1.0 / vec2(textureSize(u_shadow_map, 0));
    float open = 0.0;
    for (int i = 0; i < 4; ++i) {
        vec2 off = (vec2(float(i & 1), float(i >> 1)) - 0.5) * 1.5;
        open += step(s.z - bias, texture(u_shadow_map, s.xy + off * texel).r);
    }
    return open * 0.25;
}

void main() {
    if (u_wet > 0.5 && v_at.z < u_water.x - 0.002) discard;
    vec4 base = texture(p3d_TextureModulate[0], v_uv);
    if (u_screen > 0.5) base = vec4(pow(base.rgb, vec3(2.2)), 1.0);
    else base *= p3d_Material.baseColor * p3d_ColorScale;
    vec3 albedo = base.rgb;
    float opacity = base.a;
    float emission = 0.0;
    if (u_baked > 0.5) {
        if (u_screen < 0.5) albedo *= pow(v_color.rgb, vec3(2.2));
        emission = v_color.a;
    } else if (u_screen < 0.5) {
        albedo *= v_color.rgb;
        opacity *= v_color.a;
    }
    vec3 n = normalize(v_normal);
    vec3 to_head = u_head - v_at;
    float away = length(to_head);
    vec3 v = to_head / away;
    // Baked leaves carry the normals of their crown, which hold for both sides.
    if (u_baked < 0.5 && dot(n, v) < 0.0) n = -n;
    if (u_grain * u_baked > 0.0) {
        vec3 side = abs(n);
        vec2 q = side.z > 0.6 ? v_at.xy : (side.x > side.y ? v_at.yz : v_at.xz);
        float g = texture(u_noise, q * 0.2).r * 0.6 + texture(u_noise, q * 1.25).a * 0.4;
        albedo *= 1.0 + u_grain * 0.7 * (g - 0.5) * (1.0 - emission);
    }
    float occ = v_bake.x;
    vec3 e2 = v_bake.yzw * v_bake.yzw;
    vec3 lantern = 6.0 * (u_gain_a * e2.x + u_gain_b * e2.y + u_gain_c * e2.z);

    float rough = clamp(p3d_Material.roughness, 0.12, 1.0);
    float metal = p3d_Material.metallic;
    float alpha = rough * rough;
    float alpha2 = alpha * alpha;
    vec3 f0 = mix(vec3(0.04), albedo, metal);
    vec3 diffuse = albedo * (1.0 - metal);

    vec3 ambient = mix(u_ground_light, u_sky_light, 0.5 + 0.5 * n.z) * occ;
    float nl_moon = dot(n, u_moon_dir);
    float open = moon_visible(v_at, max(nl_moon, 0.0));
    vec3 moon = u_moon * (clamp((nl_moon + 0.25) / 1.25, 0.0, 1.0) * occ * occ * open);
    vec3 light = ambient + moon + lantern + 0.02 * (0.5 + 0.5 * occ) * u_sky_light / max(luminance(u_sky_light), 1e-3) * 0.5;
    vec3 shine = specular(n, v, u_moon_dir, f0, alpha2) * u_moon * (1.6 * occ * occ * open);
    for (int i = 0; i < u_light_count; ++i) {
        vec3 d = u_light_at[i].xyz - v_at;
        float r2 = dot(d, d);
        float r = sqrt(r2);
        vec3 l = d / max(r, 1e-3);
        float window = clamp(1.0 - r / u_light_color[i].w, 0.0, 1.0);
        float fall = window * window / (r2 + u_light_at[i].w * u_light_at[i].w);
        light += u_light_color[i].rgb * (0.8 * fall * clamp((dot(n, l) + 0.25) / 1.25, 0.0, 1.0) * (0.35 + 0.65 * occ));
        shine += specular(n, v, l, f0, alpha2) * u_light_color[i].rgb * fall;
    }
    // A metal shows its surroundings: sky above, lanterns about it.
    vec3 mirror = mix(u_ground_light, u_sky_light * 2.0, 0.5 + 0.5 * reflect(-v, n).z) * occ + lantern * 0.35;
    float grazing = 1.0 - clamp(u_baked > 0.5 ? abs(dot(n, v)) : dot(n, v), 0.0, 1.0);  // leaves: either side
    float g4 = grazing * grazing * grazing * grazing;
    shine += mirror * (f0 + (max(vec3(1.0 - rough), f0) - f0) * g4 * grazing);

    // Wet sheen on what stands high; nearly none on level ground, or grass becomes snow.
    float level = smoothstep(0.75, 1.0, n.z) * (1.0 - smoothstep(2.0, 4.0, v_at.z - u_water.x));
    vec3 rim = g4 * (u_sky_light + u_moon) * occ * mix(0.50, 0.05, level) * (0.4 + 0.6 * smoothstep(1.5, 4.0, v_at.z - u_water.x));

    // Baked files state emission for other programs; ours comes with the vertex and follows its lamp group.
    // A screen that glows does so in the colours of its video.
    vec3 glow = p3d_Material.emission.rgb * (u_screen > 0.5 ? albedo : vec3(1.0 - u_baked));
    vec3 c = diffuse * light + shine + rim * (0.12 + albedo) + glow;
    if (emission > 0.0) {
        // A lamp's paper glows as strongly as the group that its own light was baked into.
        float sum = e2.x + e2.y + e2.z + 1e-4;
        vec3 gain = (u_gain_a * (e2.x + 1e-4) + u_gain_b * e2.y + u_gain_c * e2.z) / sum;
        float power = min(max(max(gain.r, gain.g), gain.b), 1.6);
        c += albedo * (4.0 * emission * emission * power * v_flicker);
    }
    vec3 fog = fog_color(v_at, -v);
    float f = fog_amount(v_at);
    if (u_mirror > 0.5) c *= 0.74;
    c = mix(c, fog, f);
    o_color = vec4(dithered(tone(c)), opacity);
}
