#version 330
#include common
#define BEHIND_EVERYTHING        // see both_eyes.glsl

uniform mat4 p3d_ViewProjectionMatrix;
in vec4 p3d_Vertex;
out vec3 v_dir;

void main() {
    v_dir = p3d_Vertex.xyz;
    gl_Position = p3d_ViewProjectionMatrix * vec4(u_head + p3d_Vertex.xyz * 500.0, 1.0);
}
